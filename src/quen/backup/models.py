"""Backups asked for and what became of them. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import IdField, JsonField, MsField
from quen.ids import now_ms

REQUESTED, WORKING, DONE, FAILED = "requested", "working", "done", "failed"
COMMAND, SCHEDULE, API = "command", "schedule", "api"


class Backup(models.Model):
    """One backup of this data directory: an order first, the app takes it up. The last `KEPT` are remembered."""

    id = IdField()
    asked_at = MsField(default=now_ms, db_index=True)
    asked_by = models.CharField(max_length=20)  # command, schedule, api
    directory = models.TextField()
    with_secret_key = models.BooleanField(default=True)
    status = models.CharField(max_length=20, default=REQUESTED)  # requested working done failed
    stage = models.CharField(max_length=60, blank=True)
    percent = models.IntegerField(default=0)  # of the stage
    started_at = MsField(null=True)
    ended_at = MsField(null=True)
    paused_ms = models.IntegerField(default=0)  # how long the engine stood still
    bytes = models.BigIntegerField(default=0)
    figures = JsonField(default=dict)  # cut, journal and counts, of the manifest
    problem = models.TextField(blank=True)
