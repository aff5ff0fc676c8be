"""What the engine keeps about its own work. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import IdField, JsonField, KeyField, MsField


class Position(models.Model):
    """How far a reader has come in the journal; committed together with the state it made (decision 6)."""

    reader = models.CharField(max_length=64, primary_key=True)
    offset = models.BigIntegerField(default=0)  # last entry that is wholly in the state
    batch = models.BigIntegerField(default=0)  # number of the last committed batch
    journal = models.BigIntegerField(default=0)  # identity of the journal that `offset` is about; 0: not known yet


class Plan(models.Model):
    """The one batch in work, written down before it runs: a crash replays exactly this."""

    reader = models.CharField(max_length=64, primary_key=True)
    batch = models.BigIntegerField()
    after_offset = models.BigIntegerField()
    to_offset = models.BigIntegerField()
    now = MsField()
    ids_base = MsField()
    skip = JsonField(default=list)  # [offset, position] of messages that crash a step: quarantined, not tried again
    orders = JsonField(default=list)  # ids of the identity orders that the batch carries out
    ended = models.IntegerField(default=0)  # how many lives of the engine ended within it, which no message should do


class Lessened(models.Model):
    """A batch that was committed with messages left out: what its other tries told is void (engine.told)."""

    token = models.CharField(max_length=60, primary_key=True)
    left_out = models.TextField()  # offset.position, with commas between
    at = MsField()


class SeenMessage(models.Model):
    """Message ids already stored. `expires_at` null: kept for ever (imports, which may be run again next year)."""

    # A 128-bit hash of source and message id in two halves: an integer key is SQLite's row id, so that this table is
    # one tree and no index.
    key = KeyField(primary_key=True)
    verify = models.BigIntegerField()
    expires_at = MsField(null=True)


class SeenLog(models.Model):
    """The hashes of the latest messages, batch by batch, until they are in SeenMessage (engine.seen)."""

    id = IdField()
    turn = models.BigIntegerField()  # how many slices had been stored before this batch
    expires_at = MsField(null=True)  # of all of them
    hashes = models.BinaryField()  # 16 bytes each


class Quarantined(models.Model):
    """A message that was not stored, with its reason; it can be replayed after a fix."""

    id = IdField()
    at = MsField(db_index=True)
    source_id = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    detail = models.TextField()
    body = models.TextField()  # the message as it came, cut at 32 KB
    offset = models.BigIntegerField()
    position = models.IntegerField()  # which message of the entry
    envelope = JsonField()  # what a replay needs beside the body: dialect, sentAt, batch context
    replayed_at = MsField(null=True)

    class Meta:
        indexes = [models.Index(fields=["source_id", "reason"])]


class Recent(models.Model):
    """The last messages that came in, with their fate: what Live events shows. Kept to a few thousand rows."""

    id = IdField()
    at = MsField(db_index=True)
    source_id = models.BigIntegerField()
    type = models.CharField(max_length=20)
    event = models.CharField(max_length=200)
    message_id = models.CharField(max_length=120)
    profile_id = models.BigIntegerField(null=True)
    fate = models.CharField(max_length=40)  # "stored" or a drop reason
    detail = models.TextField(blank=True)
    body = models.TextField()


class StepMetric(models.Model):
    """Totals by step since the beginning, for the System page and /metrics."""

    step = models.CharField(max_length=40, primary_key=True)
    batches = models.BigIntegerField(default=0)
    messages = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)


class DropCount(models.Model):
    """How many messages were not stored, by source and reason."""

    source_id = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    count = models.BigIntegerField(default=0)
    last_at = MsField()

    class Meta:
        unique_together = [("source_id", "reason")]
