"""Journeys: immutable versions, runs pinned to them, executions of steps, timers. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import CreatedAtField, IdField, JsonField, MsField


class Journey(models.Model):
    id = IdField()
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=20, default="draft")  # draft starting live paused archived
    draft = JsonField(default=dict)  # the graph in work
    live_version = models.ForeignKey("Version", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = CreatedAtField()
    updated_at = MsField()
    created_by = models.CharField(max_length=120, blank=True)


class Version(models.Model):
    """A published graph. Never changed."""

    id = IdField()
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    graph = JsonField()
    watches = JsonField(default=dict)  # place in the graph → id of the internal segment that follows its rule
    published_at = CreatedAtField()
    published_by = models.CharField(max_length=120, blank=True)

    class Meta:
        unique_together = [("journey", "number")]


class Run(models.Model):
    """One person going once through one version."""

    id = IdField()
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="runs")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="runs")
    profile_id = models.BigIntegerField(db_index=True)
    entry_key = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=20, default="active")  # active done exited
    reason = models.CharField(max_length=60, blank=True)
    node = models.CharField(max_length=60, blank=True)  # where the person is now
    context = JsonField(default=dict)  # the event or segment change that started it
    event_time = MsField()  # when it happened for the person
    entered_at = MsField()  # when the engine took it
    ended_at = MsField(null=True)

    class Meta:
        unique_together = [("journey", "profile_id", "entry_key")]
        indexes = [models.Index(fields=["journey", "status", "node"])]


class StepExecution(models.Model):
    """A run's visit to a step, once. Its id is the idempotency key of what the step sends."""

    id = IdField()
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="executions")
    node = models.CharField(max_length=60)
    visit = models.IntegerField(default=1)
    outcome = models.CharField(max_length=40)  # waiting, passed, yes, no, queued, skipped, exited
    at = MsField()
    done_at = MsField(null=True)
    detail = JsonField(default=dict)

    class Meta:
        unique_together = [("run", "node", "visit")]


class Timer(models.Model):
    """A run to be woken. One a run."""

    run = models.OneToOneField(Run, primary_key=True, on_delete=models.CASCADE, related_name="timer")
    due_at = MsField(db_index=True)
    node = models.CharField(max_length=60)
