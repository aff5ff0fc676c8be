"""Where data comes from: sources with their write keys, and imports of files. Times are milliseconds UTC."""

from __future__ import annotations

import secrets

from django.db import models

from quen.fields import CreatedAtField, IdField, JsonField, MsField


def new_write_key() -> str:
    return secrets.token_urlsafe(24).replace("-", "A").replace("_", "B")


class Source(models.Model):
    """`browser` keys are public and may only speak for their visitor; `server` keys are trusted; `internal` is Quen."""

    id = IdField()
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)  # browser, server, file, internal
    write_key = models.CharField(max_length=64, unique=True, default=new_write_key)
    enabled = models.BooleanField(default=True)
    settings = JsonField(default=dict)
    created_at = CreatedAtField()


class Import(models.Model):
    """One file brought in; resumable, because it says how far it has come.

    `position` counts what is in the journal for good: rows of the file, or orders once their rows are grouped.
    """

    id = IdField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    kind = models.CharField(max_length=20)  # orders, customers, events
    filename = models.CharField(max_length=300)  # as people know it
    path = models.CharField(max_length=1000)  # where it lies
    fingerprint = models.CharField(max_length=64)  # of the content
    mapping = JsonField(default=dict)
    status = models.CharField(max_length=20, default="new")  # new running interrupted stopped failed done
    dry_run = models.BooleanField(default=False)
    rows_read = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)  # rows
    rejected = models.BigIntegerField(default=0)  # rows
    messages = models.BigIntegerField(default=0)  # put into the journal
    counts = JsonField(default=dict)  # orders, refunds, guests, unchanged…: what came of the rows
    position = models.BigIntegerField(default=0)
    percent = models.IntegerField(default=0)
    rejects_bytes = models.BigIntegerField(default=0)  # of the file of rejected rows; what is behind was not committed
    sample = JsonField(default=list)  # a few of the messages made
    error = models.TextField(blank=True)
    by = models.CharField(max_length=120, blank=True)
    started_at = CreatedAtField()
    finished_at = MsField(null=True)


class ImportedKey(models.Model):
    """An order or customer that a source has brought, in the version last seen: the same again changes nothing."""

    key = models.CharField(max_length=64, primary_key=True)  # hash of source, kind and the order's or customer's id
    version = models.CharField(max_length=32)  # hash of the content


class ImportMapping(models.Model):
    """Columns as a person mapped them, remembered for files with the same header."""

    id = IdField()
    kind = models.CharField(max_length=20)
    header_hash = models.CharField(max_length=64)
    mapping = JsonField()
    updated_at = MsField()

    class Meta:
        unique_together = [("kind", "header_hash")]
