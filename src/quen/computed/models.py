"""Computed traits as they were defined. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import CreatedAtField, IdField, JsonField, MsField


class Definition(models.Model):
    """A computed trait. Its values are the trait `computed.NAME` of every profile; they are nowhere else."""

    id = IdField()
    name = models.CharField(max_length=60, unique=True)
    label = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    spec = JsonField()  # canonical, with its `kind`
    version = models.IntegerField(default=1)
    status = models.CharField(max_length=20, default="computing")  # computing live paused removing
    problem = models.CharField(max_length=300, blank=True)  # why Quen itself paused it, in English; translated if shown
    computed_through = models.BigIntegerField(default=0)  # profiles up to this id are computed
    created_at = CreatedAtField()
    updated_at = MsField()
    created_by = models.CharField(max_length=120, blank=True)


class DefinitionVersion(models.Model):
    """What a computed trait was from a version on. A deleted one's are deleted with it."""

    id = IdField()
    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="versions", db_constraint=False)
    number = models.IntegerField()
    spec = JsonField()
    created_at = CreatedAtField()
    created_by = models.CharField(max_length=120, blank=True)

    class Meta:
        unique_together = [("definition", "number")]
