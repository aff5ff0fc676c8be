"""Templates, the outbox, what became of each message, and who must not be written to. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import CreatedAtField, IdField, JsonField, MsField


class Template(models.Model):
    id = IdField()
    name = models.CharField(max_length=200)
    channel = models.CharField(max_length=20, default="email")
    subject = models.TextField(blank=True)
    body = models.TextField()  # MJML with Liquid
    created_at = CreatedAtField()
    updated_at = MsField()
    created_by = models.CharField(max_length=120, blank=True)


class Message(models.Model):
    """One message to one person: the outbox and its history.

    queued → claimed → accepted | failed | unknown, or suppressed with its reason. `idempotency_key` is the step
    execution's id: a step sends at most one message, whatever crashes.
    """

    id = IdField()
    idempotency_key = models.CharField(max_length=80, unique=True)
    channel = models.CharField(max_length=20)  # email, webhook, feed (hooks.py)
    profile_id = models.BigIntegerField(db_index=True)  # 0 where it is about several people
    hook_id = models.BigIntegerField(null=True)
    journey_id = models.BigIntegerField(null=True)
    run_id = models.BigIntegerField(null=True, db_index=True)
    node = models.CharField(max_length=60, blank=True)
    template_id = models.BigIntegerField(null=True)
    address = models.CharField(max_length=320, blank=True)
    subject = models.TextField(blank=True)
    payload = JsonField(default=dict)  # what to render or post
    html = models.TextField(blank=True)  # as it was sent
    text = models.TextField(blank=True)
    status = models.CharField(max_length=20, default="queued")
    reason = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    attempts = models.IntegerField(default=0)
    not_before = MsField(default=0)
    created_at = CreatedAtField()
    claimed_at = MsField(null=True)
    done_at = MsField(null=True)
    opened_at = MsField(null=True)
    clicked_at = MsField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    activity = JsonField(default=list)  # [time ms, open | click | unsubscribe, url]: what the receiver did, at most 100
    noted = models.CharField(max_length=20, blank=True)  # the status that the timeline already shows; the engine's

    class Meta:
        indexes = [
            models.Index(fields=["status", "-id"]),
            models.Index(fields=["reason"], condition=~models.Q(reason=""), name="delivery_message_with_reason"),
            models.Index(fields=["done_at"], condition=models.Q(noted=""), name="delivery_message_to_note"),
            models.Index(fields=["status", "not_before"]),
            models.Index(fields=["journey_id", "node", "status"]),
            models.Index(fields=["hook_id", "status", "id"], name="delivery_message_of_hook"),
        ]


class SegmentHook(models.Model):
    """An address that is told who enters and leaves a segment. See hooks.py."""

    id = IdField()
    segment_id = models.BigIntegerField(db_index=True)
    url = models.TextField()
    entered = models.BooleanField(default=True)
    exited = models.BooleanField(default=True)
    backfills = models.BooleanField(default=False)  # also what the first computation or another rule finds
    identifiers = models.BooleanField(default=True)
    traits = JsonField(default=list)  # names of those that are told; "*": all
    active = models.BooleanField(default=True)
    problem = models.CharField(max_length=300, blank=True)  # why Quen paused it
    turn = models.IntegerField(default=0)  # of the secret
    rotated_at = MsField(default=0)
    created_at = CreatedAtField()
    created_by = models.CharField(max_length=120, blank=True)


class Suppression(models.Model):
    """An address that gets nothing more on a channel."""

    id = IdField()
    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=320)
    reason = models.CharField(max_length=40)  # unsubscribed, bounced, complained, by_hand
    message_id = models.BigIntegerField(null=True)
    at = MsField()

    class Meta:
        unique_together = [("channel", "address")]
