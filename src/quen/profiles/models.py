"""The profile as the engine keeps it: one row a person, read and written in sets. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import CreatedAtField, IdField, JsonField, MsField


class Profile(models.Model):
    id = IdField()
    created_at = MsField()
    first_seen = MsField()
    last_seen = MsField(db_index=True)
    first_source_id = models.BigIntegerField()
    traits = JsonField(default=dict)  # name → value
    trait_meta = JsonField(default=dict)  # name → where it is from (profiles.kept); for deleted ones too
    live = models.BinaryField(null=True)  # state of the live segments, encoded by segments
    due_at = MsField(null=True, db_index=True)  # when some segment may flip by time alone
    search = models.TextField(default="")  # folded name, e-mail, phone: what the search box looks in


class Takeover(models.Model):
    """Values that were computed for everyone under a slot have taken the place of those of the trait `computed.NAME`.

    From then on whoever is read has them; profiles are written anew chunk by chunk.
    """

    slot = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=60)
    at = MsField()
    through = models.BigIntegerField(default=0)  # people up to this profile id are written


class Side(models.Model):
    """How often the values of the computed trait `name` have changed sides in the mirror (profiles.mirror): at an odd
    number they are at `quen:computed.NAME`.

    It outlives the trait: a name that is used again goes on from there, for the other side may hold what nobody has.
    """

    name = models.CharField(max_length=60, primary_key=True)
    turns = models.IntegerField()


class StrategiesVersion(models.Model):
    """Which value of a trait counts, from a moment on (profiles.strategies.Strategies); the last row counts."""

    id = IdField()
    document = JsonField()
    at = CreatedAtField()
    by = models.CharField(max_length=120, blank=True)


class TraitsRebuild(models.Model):
    """The strategies applied to the present data: everybody's traits made anew, chunk by chunk."""

    id = IdField()
    at = CreatedAtField()
    by = models.CharField(max_length=120, blank=True)
    through = models.BigIntegerField(default=0)  # people up to this profile id are done
    people = models.BigIntegerField(default=0)  # how many were looked at
    changed = models.BigIntegerField(default=0)  # of how many a value changed
    done_at = MsField(null=True, db_index=True)
