"""Segments, their versions and their members. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import CreatedAtField, IdField, JsonField, MsField

FOLLOWED = ("computing", "live")


class Segment(models.Model):
    """A question about people, and who answers to it now.

    Two of its versions may be followed at once: the one that is shown, and the one that is being computed and takes its
    place when it is whole. What live states keep of each stands under its slot, a number that is used once.

    `kind` is `segment` for those people make, `internal` for the conditions and exit rules of journeys, which are
    followed live by the same machinery and never listed; `list` for static lists (lists.py).
    """

    id = IdField()
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=20, default="segment")
    rule = JsonField()
    rule_hash = models.CharField(max_length=64, blank=True, db_index=True)
    version = models.IntegerField(default=1)
    status = models.CharField(max_length=20, default="computing")  # draft computing live paused archived
    problem = models.CharField(max_length=300, blank=True)  # why Quen itself paused it, in English; translated if shown
    shown_version = models.IntegerField(default=0)  # the version whose members are stored, whole; 0: none yet
    slot = models.BigIntegerField(default=0)  # of the shown version; 0: none yet
    stands = models.BooleanField(default=False)  # it was paused: its members stand still until the next are whole
    next_slot = models.BigIntegerField(default=0)  # of what is being computed; 0: nothing is
    computed_through = models.BigIntegerField(default=0)  # of it: profiles up to this id are computed
    asks = models.CharField(max_length=64, blank=True)  # of it: a digest of the slots of what it refers to
    count = models.BigIntegerField(default=0)
    created_at = CreatedAtField()
    updated_at = MsField()
    created_by = models.CharField(max_length=120, blank=True)

    @property
    def is_known(self) -> bool:
        """Whether it has members that are a whole result, perhaps of a version before the one being computed."""
        return self.shown_version > 0 and self.status != "archived"

    @property
    def is_followed(self) -> bool:
        """Whether people enter and leave what is shown."""
        return self.shown_version > 0 and self.status in FOLLOWED and not self.stands


class SegmentVersion(models.Model):
    id = IdField()
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    rule = JsonField()
    created_at = CreatedAtField()
    created_by = models.CharField(max_length=120, blank=True)

    class Meta:
        unique_together = [("segment", "number")]


class Member(models.Model):
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    profile_id = models.BigIntegerField(db_index=True)
    since = MsField()

    class Meta:
        unique_together = [("segment", "profile_id")]
        indexes = [models.Index(fields=["segment", "since", "profile_id"], name="segments_member_latest")]


class Pending(models.Model):
    """Who is in a version that is being computed: its members, once all of it is."""

    slot = models.BigIntegerField()
    profile_id = models.BigIntegerField(db_index=True)
    since = MsField()

    class Meta:
        unique_together = [("slot", "profile_id")]


class Untold(models.Model):
    """Who entered or left a segment when another version took its place, until that is told: oldest first."""

    id = models.BigAutoField(primary_key=True)
    segment_id = models.BigIntegerField()
    slot = models.BigIntegerField()  # of the version that did
    profile_id = models.BigIntegerField()
    entered = models.BooleanField()
    at = MsField()
    past = models.BooleanField(default=False)  # the person has entered or left since, which is told already

    class Meta:
        indexes = [models.Index(fields=["segment_id", "profile_id"], name="segments_untold_who")]


class Atom(models.Model):
    """One thing that the live evaluator follows for each profile; the same atom of two segments is kept once."""

    id = models.AutoField(primary_key=True)
    key = models.CharField(max_length=64, unique=True)  # hash of the canonical spec
    spec = JsonField()
    created_at = CreatedAtField()


class Audit(models.Model):
    """What came of comparing stored members with SQL, the last time and in all."""

    segment = models.OneToOneField(Segment, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    at = MsField()
    people = models.IntegerField()  # compared the last time
    wrong = models.IntegerField()  # of them stored otherwise than SQL says
    all_people = models.BigIntegerField(default=0)
    all_wrong = models.BigIntegerField(default=0)
