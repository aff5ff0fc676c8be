"""How good the data of each source is: counters by day, and a few examples. Only the engine writes."""

from __future__ import annotations

from django.db import models

from quen.fields import IdField, MsField


class Counter(models.Model):
    """`outcome` is seen (messages about a person, `field` ""), valid, fixed or rejected (values of a field); or done,
    problem or hint: how often each word was said of a value.
    """

    day = models.CharField(max_length=10)  # ISO, in the workspace's zone, when it arrived
    source_id = models.BigIntegerField()
    field = models.CharField(max_length=20)
    outcome = models.CharField(max_length=10)
    word = models.CharField(max_length=40, default="")
    count = models.BigIntegerField(default=0)

    class Meta:
        unique_together = [("source_id", "day", "field", "outcome", "word")]
        indexes = [models.Index(fields=["day"])]


class Example(models.Model):
    """One of the latest values of which a word was said; personal data, so it is kept as long as the quarantine."""

    id = IdField()
    place = models.CharField(max_length=100)  # source|field|outcome|word
    given = models.CharField(max_length=200)  # cut; JSON of what is no text
    stored = models.CharField(max_length=200)  # what was stored in its place, "" when it was left as given
    trait = models.CharField(max_length=60)
    at = MsField(db_index=True)
    message_id = models.CharField(max_length=120)
    profile_id = models.BigIntegerField(null=True, db_index=True)  # of that moment

    class Meta:
        unique_together = [("place", "given")]
