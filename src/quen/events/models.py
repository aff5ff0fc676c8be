"""The catalogue of what was really received. The events themselves are in ClickHouse (schema.py)."""

from __future__ import annotations

from django.db import models

from quen.fields import JsonField, MsField


class EventName(models.Model):
    name = models.CharField(max_length=200, primary_key=True)
    count = models.BigIntegerField(default=0)
    first_seen = MsField()
    last_seen = MsField()


class Property(models.Model):
    """A property of an event, or (event "") a trait of people: its types, how often, a few examples."""

    event = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    types = JsonField(default=dict)  # string, number, boolean, array, object → how often
    examples = JsonField(default=list)
    count = models.BigIntegerField(default=0)
    last_seen = MsField()

    class Meta:
        unique_together = [("event", "name")]
