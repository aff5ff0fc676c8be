"""What was seen of the system's health. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import IdField, JsonField, MsField


class Sample(models.Model):
    """One look a minute, kept for eight days: the charts of the System page."""

    minute = MsField(primary_key=True)  # the minute's beginning
    messages = models.BigIntegerField()  # that passed the engine, ever: the difference of two is what came between
    lag_ms = models.BigIntegerField()
    waiting = models.BigIntegerField()  # journal entries


class Incident(models.Model):
    """Something that was bad from one moment to another."""

    id = IdField()
    check_name = models.CharField(max_length=40)
    opened_at = MsField(db_index=True)
    closed_at = MsField(null=True, db_index=True)
    figures = JsonField(default=dict)  # what it looked like when it opened, for its words
    told_at = MsField(null=True)  # when people were last written to
    closing_told = models.BooleanField(default=False)
