"""Computed traits as they were defined. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import CreatedAtField, IdField, JsonField, MsField

FOLLOWED = ("computing", "live")


class Definition(models.Model):
    """A computed trait. Its values are the trait `computed.NAME` of every profile; they are nowhere else.

    As of a segment two versions may be followed at once, each under its slot: the one whose values are shown, and the
    one that is being computed, whose values wait under `quen:computed` until everyone has theirs.
    """

    id = IdField()
    name = models.CharField(max_length=60, unique=True)
    label = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    spec = JsonField()  # canonical, with its `kind`
    version = models.IntegerField(default=1)
    status = models.CharField(max_length=20, default="computing")  # computing live paused removing
    problem = models.CharField(max_length=300, blank=True)  # why Quen itself paused it, in English; translated if shown
    shown_version = models.IntegerField(default=0)  # whose values are shown; 0: none yet
    slot = models.BigIntegerField(default=0)  # of the shown version; 0: none yet
    stands = models.BooleanField(default=False)  # it was paused: its values stand still until the next are whole
    next_slot = models.BigIntegerField(default=0)  # of what is being computed; 0: nothing is
    computed_through = models.BigIntegerField(default=0)  # of it: profiles up to this id are computed, or taken away
    created_at = CreatedAtField()
    updated_at = MsField()
    created_by = models.CharField(max_length=120, blank=True)

    @property
    def is_followed(self) -> bool:
        """Whether the values that are shown change with what happens."""
        return self.shown_version > 0 and self.status in FOLLOWED and not self.stands


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
