"""Journeys: immutable versions, runs pinned to them, executions of steps, timers. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import CreatedAtField, IdField, JsonField, MsField


class Journey(models.Model):
    id = IdField()
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=20, default="draft")  # draft starting live paused archived
    draft = JsonField(default=dict)  # the graph in work, as typed: it may have problems
    undo = JsonField(default=list)  # earlier drafts, latest last
    live_version = models.ForeignKey("Version", null=True, on_delete=models.PROTECT, related_name="+")
    # published, and waiting for the segments that follow its rules; the live one stays until then
    next_version = models.ForeignKey("Version", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = CreatedAtField()
    # unique and rising over all journeys: the engine sees any change by its maximum
    updated_at = MsField(db_index=True)
    created_by = models.CharField(max_length=120, blank=True)


class Version(models.Model):
    """A published graph. Never changed."""

    id = IdField()
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    graph = JsonField()
    watches = JsonField(default=dict)  # "exit_when" or step id → id of the internal segment that follows the rule
    waiting = models.CharField(max_length=10, default="keep")  # people in older versions: keep, move, exit
    settled = models.BooleanField(default=False)  # the engine has dealt with those people
    published_at = CreatedAtField()
    published_by = models.CharField(max_length=120, blank=True)

    class Meta:
        unique_together = [("journey", "number")]


class Run(models.Model):
    """One person going once through one version. Only the engine writes runs."""

    id = IdField()
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="runs")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="runs")
    profile_id = models.BigIntegerField(db_index=True)
    entry_key = models.CharField(max_length=200, blank=True)  # a cart or order id: in twice for two carts
    entry = models.IntegerField(default=1)  # which time with this key, where re-entry is allowed
    status = models.CharField(max_length=20, default="active")  # active done exited
    reason = models.CharField(max_length=60, blank=True)
    node = models.CharField(max_length=60, blank=True)  # where the person is now
    context = JsonField(default=dict)  # the event or segment change that started it
    event_time = MsField()  # when it happened for the person
    entered_at = MsField()  # when the engine took it
    ended_at = MsField(null=True)

    class Meta:
        unique_together = [("journey", "profile_id", "entry_key", "entry")]
        indexes = [
            models.Index(fields=["journey", "status", "node"]),
            # most runs have ended: a batch's active ones are found without them
            models.Index(fields=["profile_id"], condition=models.Q(status="active"), name="journeys_run_active"),
        ]


class StepExecution(models.Model):
    """A run's visit to a step, once. Its id is the idempotency key of what the step sends."""

    id = IdField()
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="executions")
    journey_id = models.BigIntegerField()  # as in the run: counts on each step are one index scan
    node = models.CharField(max_length=60)
    visit = models.IntegerField(default=1)
    outcome = models.CharField(
        max_length=40
    )  # waiting, left, or what the kind of step answers: passed, yes, no, queued, exited
    at = MsField()
    done_at = MsField(null=True)
    detail = JsonField(default=dict)

    class Meta:
        unique_together = [("run", "node", "visit")]
        indexes = [models.Index(fields=["journey_id", "node", "outcome"])]


class Timer(models.Model):
    """A run to be woken. One a run."""

    run = models.OneToOneField(Run, primary_key=True, on_delete=models.CASCADE, related_name="timer")
    journey_id = models.BigIntegerField()  # as in the run: those of a paused journey are passed over
    due_at = MsField(db_index=True)
    node = models.CharField(max_length=60)

    class Meta:
        indexes = [models.Index(fields=["journey_id", "due_at"])]
