"""Runs of the search for duplicates, the pairs they found, and what people decided. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import CreatedAtField, IdField, JsonField, MsField


class Settings(models.Model):
    """One row. `schedule`: off, daily or weekly; probabilities are between 0 and 1."""

    id = models.IntegerField(primary_key=True, default=1)
    schedule = models.CharField(max_length=10, default="weekly")
    threshold = models.FloatField(default=0.5)  # from which a pair is shown
    auto_merge = models.BooleanField(default=False)
    auto_threshold = models.FloatField(default=0.999)  # from which a pair is merged without being shown
    changed_at = CreatedAtField()
    changed_by = models.CharField(max_length=120, blank=True)


class Run(models.Model):
    """One search through all profiles, in a process of its own."""

    id = IdField()
    status = models.CharField(max_length=20, default="waiting", db_index=True)  # running done failed interrupted
    by = models.CharField(max_length=120)  # a person, a key, or Quen on its schedule
    threshold = models.FloatField()
    step = models.CharField(max_length=20, blank=True)
    percent = models.IntegerField(default=0)
    profiles = models.BigIntegerField(default=0)  # that say enough to be compared
    left_out = models.BigIntegerField(default=0)  # beyond the most that one run compares
    compared = models.BigIntegerField(default=0)  # pairs
    clusters = models.BigIntegerField(default=0)
    found = models.BigIntegerField(default=0)  # pairs to decide that no run had found
    merged = models.BigIntegerField(default=0)  # of them merged without a person
    error = models.TextField(blank=True)
    started_at = CreatedAtField()
    finished_at = MsField(null=True)


class Candidate(models.Model):
    """Two people who may be one, by an identifier of each: profiles come and go, identifiers stay.

    status     what holds
    open       to be decided
    later      put off until `later_until`
    merging    a merge is ordered; `order_id` says what came of it
    merged     they are one person, by this or otherwise
    not_same   a person said that they are two
    gone       no longer likely
    """

    id = IdField()
    pair = models.BigIntegerField(unique=True)  # identity.keys.pair_of(left, right)
    left = models.CharField(max_length=400)
    right = models.CharField(max_length=400)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")  # that saw it last
    bits = models.FloatField()
    parts = JsonField(default=list)  # [[comparison, level, bits], …]
    two_accounts = models.BooleanField(default=False)  # each has a value of a type of which a person has one
    status = models.CharField(max_length=20, default="open")
    problem = models.CharField(max_length=200, blank=True)  # why a merge was refused: a rule of identity
    order_id = models.BigIntegerField(null=True)
    found_at = CreatedAtField()
    decided_at = MsField(null=True, db_index=True)
    decided_by = models.CharField(max_length=120, blank=True)
    later_until = MsField(null=True)

    class Meta:
        indexes = [models.Index(fields=["status", "-bits"])]


class NotSame(models.Model):
    """Two identifiers whose people are two, for ever: whoever has them."""

    pair = models.BigIntegerField(primary_key=True)
    left = models.CharField(max_length=400)
    right = models.CharField(max_length=400)
    candidate_id = models.BigIntegerField(db_index=True)
