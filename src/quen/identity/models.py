"""Identifiers and the append-only log from which profiles are derived. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import IdField, MsField


class Identifier(models.Model):
    """One identifier in its match form, and whose it is now."""

    key = models.CharField(max_length=400, primary_key=True)  # "type|scope|value": one column to look up by
    type = models.CharField(max_length=60)
    scope = models.CharField(max_length=60, blank=True)
    value = models.CharField(max_length=255)
    profile_id = models.BigIntegerField(db_index=True)
    first_seen = MsField()
    last_seen = MsField()
    source_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["value"])]


class Edge(models.Model):
    """Why two identifiers are the same person. Never changed; an unmerge adds a row that removes one."""

    id = IdField()
    at = MsField()
    kind = models.CharField(max_length=20)  # create, attach, merge, conflict, remove
    left = models.CharField(max_length=400)  # identifier key
    right = models.CharField(max_length=400, blank=True)
    profile_id = models.BigIntegerField(db_index=True)  # the profile that has them afterwards
    other_profile_id = models.BigIntegerField(null=True, db_index=True)  # merge: the profile that went in
    source_id = models.BigIntegerField()
    message_id = models.CharField(max_length=120)
    rule = models.CharField(max_length=60)
    by = models.CharField(max_length=120, blank=True)  # a person, where one did it by hand

    class Meta:
        indexes = [models.Index(fields=["left"])]


class Link(models.Model):
    """A merged-away profile id and where it leads, fully resolved: readers look once."""

    from_id = models.BigIntegerField(primary_key=True)
    to_id = models.BigIntegerField(db_index=True)
    at = MsField()
