"""The JSON API of templates, messages and suppressions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.delivery import hooks, listing, service
from quen.delivery.models import Message, SegmentHook, Suppression, Template
from quen.delivery.templating import Content
from quen.errors import Forbidden, InvalidInput
from quen.profiles.masking import mask_text
from quen.segments import service as segments
from quen.web.paging import limit_of, page, read_cursor
from quen.web.times import rfc3339

router = Router(tags=["delivery"])


class NewTemplate(Schema):
    """`body` is MJML with Liquid."""

    name: str
    subject: str = ""
    body: str


class TemplateChanges(Schema):
    name: str | None = None
    subject: str | None = None
    body: str | None = None


class PreviewRequest(Schema):
    """`person`: an id or `type:value`. `event`: {event, properties}. `subject`, `body`: instead of the saved ones."""

    person: str | None = None
    event: dict[str, Any] | None = None
    subject: str | None = None
    body: str | None = None


class NewSuppression(Schema):
    channel: str = "email"
    address: str


class NewHook(Schema):
    """`entered`, `exited`: what is told. `backfills`: also what a first computation or another rule finds.

    `identifiers`: with the identifiers of each person. `traits`: names of those to be told, `["*"]` for all.
    """

    url: str
    entered: bool = True
    exited: bool = True
    backfills: bool = False
    identifiers: bool = True
    traits: list[str] = []
    active: bool = True


class HookChanges(Schema):
    url: str | None = None
    entered: bool | None = None
    exited: bool | None = None
    backfills: bool | None = None
    identifiers: bool | None = None
    traits: list[str] | None = None
    active: bool | None = None


@router.get("/templates", auth=KeyAuth("content.edit"))
def list_templates(request: HttpRequest, limit: int | None = None, cursor: str | None = None) -> dict[str, Any]:
    size, before = limit_of(limit), _before(cursor)
    rows = Template.objects.order_by("-id")
    found = list((rows.filter(id__lt=before) if before else rows)[: size + 1])
    return page([template_document(t) for t in found], size, lambda t: int(t["id"]))


@router.post("/templates", auth=KeyAuth("content.edit"), response={201: Any})
def create_template(request: HttpRequest, payload: NewTemplate) -> Status[dict[str, Any]]:
    made = service.create_template(payload.name, payload.subject, payload.body, _by(request))
    return Status(201, template_document(made))


@router.get("/templates/{int:template_id}", auth=KeyAuth("content.edit"))
def get_template(request: HttpRequest, template_id: int) -> dict[str, Any]:
    return template_document(service.get_template(template_id))


@router.patch("/templates/{int:template_id}", auth=KeyAuth("content.edit"))
def change_template(request: HttpRequest, template_id: int, payload: TemplateChanges) -> dict[str, Any]:
    changes = {k: v for k, v in payload.dict(exclude_unset=True).items() if v is not None}
    return template_document(service.update_template(service.get_template(template_id), changes))


@router.delete("/templates/{int:template_id}", auth=KeyAuth("content.edit"), response={204: None})
def delete_template(request: HttpRequest, template_id: int) -> Status[None]:
    """409 while a journey uses it."""
    service.delete_template(service.get_template(template_id))
    return Status(204, None)


@router.post("/templates/{int:template_id}/preview", auth=KeyAuth("content.edit"))
def preview_template(request: HttpRequest, template_id: int, payload: PreviewRequest) -> dict[str, Any]:
    """The e-mail as a person would get it; links are not followed."""
    template = service.get_template(template_id)
    content = Content(
        template.subject if payload.subject is None else payload.subject,
        template.body if payload.body is None else payload.body,
    )
    person = service.person_by_key(payload.person) if payload.person else None
    made = service.preview(content, person, payload.event)
    return {
        "subject": made.rendered.subject,
        "html": made.rendered.html,
        "text": made.rendered.text,
        "warnings": [
            {"code": w.code, "detail": w.detail % w.values if w.values else w.detail, "line": w.line, "place": w.place}
            for w in made.rendered.warnings
        ],
        "sample_event": made.sample_event,
    }


@router.get("/messages", auth=KeyAuth("customers.view"))
def list_messages(
    request: HttpRequest,
    status: str = "",
    channel: str = "",
    reason: str = "",
    journey: str = "",
    profile: str = "",
    limit: int | None = None,
    cursor: str | None = None,
) -> dict[str, Any]:
    """Newest first. `status`: queued claimed accepted failed unknown suppressed."""
    given = {"status": status, "channel": channel, "reason": reason, "journey": journey, "profile": profile}
    chosen = listing.Filter.of(given)
    for name, value in given.items():
        if value and not getattr(chosen, name):
            raise InvalidInput(f"{name}: {value[:60]!r} is not known", details={name: "unknown"})
    size = limit_of(limit)
    found = listing.messages(chosen, before=_before(cursor), limit=size + 1)
    return page([message_document(m, masked=_masked(request)) for m in found], size, lambda m: int(m["id"]))


@router.get("/messages/{int:message_id}", auth=KeyAuth("customers.view"))
def get_message(request: HttpRequest, message_id: int) -> dict[str, Any]:
    """With what was sent (`html` without tracking, `text`) for keys that may see contact data."""
    message = service.get_message(message_id)
    masked = _masked(request)
    found = message_document(message, masked=masked)
    if not masked:
        found |= {"html": service.shown_html(message), "text": message.text}
    return found


@router.get("/suppressions", auth=KeyAuth("customers.pii"))
def list_suppressions(
    request: HttpRequest, query: str = "", limit: int | None = None, cursor: str | None = None
) -> dict[str, Any]:
    size = limit_of(limit)
    found = listing.suppressions(query.strip(), before=_before(cursor), limit=size + 1)
    return page([suppression_document(s) for s in found], size, lambda s: int(s["id"]))


@router.post("/suppressions", auth=KeyAuth("customers.pii"), response={201: Any})
def add_suppression(request: HttpRequest, payload: NewSuppression) -> Status[dict[str, Any]]:
    return Status(201, suppression_document(service.add_suppression(payload.channel, payload.address)))


@router.delete("/suppressions", auth=KeyAuth("customers.pii"), response={204: None})
def remove_suppression(request: HttpRequest, address: str, channel: str = "email") -> Status[None]:
    service.remove_suppression(channel, address)
    return Status(204, None)


@router.get("/segments/{int:segment_id}/webhooks", auth=KeyAuth("segments.edit"), tags=["segments"])
def list_hooks(request: HttpRequest, segment_id: int) -> dict[str, Any]:
    """The addresses that are told who enters and leaves a segment."""
    found = hooks.hooks_of(segments.find(segment_id).id)
    return {"items": [hook_document(hook) for hook in found], "next": None}


@router.post(
    "/segments/{int:segment_id}/webhooks", auth=KeyAuth("segments.edit"), response={201: Any}, tags=["segments"]
)
def create_hook(request: HttpRequest, segment_id: int, payload: NewHook) -> Status[dict[str, Any]]:
    """Tell an address who enters and leaves. `secret` stands in this answer only: with it the receiver verifies.

    A call is a POST of JSON, signed as Standard Webhooks say:
    `{"type": "segment.entered" | "segment.exited", "timestamp", "data": {"segment": {"id", "name"}, "backfill",
    "profiles": [{"id", "at", "identifiers", "traits"}]}}`, with up to 200 people. Calls come one after the other, in
    the order in which things happened; one that is not answered with 2xx is tried again for about five hours, and
    those behind it wait. Then the hook is paused (`active` false, `problem` says why).
    """
    _may_tell(request)
    hook, secret = hooks.create(segments.find(segment_id), hooks.Settings(**payload.dict()), _by(request))
    return Status(201, {**hook_document(hook), "secret": secret})


@router.patch("/segments/{int:segment_id}/webhooks/{int:hook_id}", auth=KeyAuth("segments.edit"), tags=["segments"])
def change_hook(request: HttpRequest, segment_id: int, hook_id: int, payload: HookChanges) -> dict[str, Any]:
    """Change what is told. `active`: false to tell it no more, true to go on with what waits."""
    _may_tell(request)
    hook = hooks.find(segment_id, hook_id)
    given = {name: value for name, value in payload.dict(exclude_unset=True).items() if value is not None}
    now = {name: getattr(hook, name) for name in hooks.Settings.__struct_fields__}
    hooks.change(hook, hooks.Settings(**(now | given)))
    return hook_document(hook)


@router.post(
    "/segments/{int:segment_id}/webhooks/{int:hook_id}/secret", auth=KeyAuth("segments.edit"), tags=["segments"]
)
def rotate_secret(request: HttpRequest, segment_id: int, hook_id: int) -> dict[str, Any]:
    """A new secret, which stands in this answer only. For a day calls are signed with the old one as well."""
    _may_tell(request)
    hook = hooks.find(segment_id, hook_id)
    made = hooks.rotate(hook)
    return {**hook_document(hook), "secret": made}


@router.delete(
    "/segments/{int:segment_id}/webhooks/{int:hook_id}",
    auth=KeyAuth("segments.edit"),
    response={204: None},
    tags=["segments"],
)
def delete_hook(request: HttpRequest, segment_id: int, hook_id: int) -> Status[None]:
    """What it still had to tell is forgotten."""
    hooks.delete(hooks.find(segment_id, hook_id))
    return Status(204, None)


@router.get(
    "/segments/{int:segment_id}/webhooks/{int:hook_id}/deliveries", auth=KeyAuth("segments.edit"), tags=["segments"]
)
def list_deliveries(
    request: HttpRequest, segment_id: int, hook_id: int, limit: int | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """What was told and is to be told, newest first. `status`: queued claimed accepted failed suppressed."""
    hook, size = hooks.find(segment_id, hook_id), limit_of(limit)
    found = hooks.deliveries(hook.id, before=_before(cursor), limit=size + 1)
    return page([delivery_document(message) for message in found], size, lambda item: int(item["id"]))


def _may_tell(request: HttpRequest) -> None:
    """Who may not see contact data may not have it sent somewhere either."""
    if _masked(request):
        raise Forbidden("webhooks tell identifiers and traits: the key needs a role that may see contact data")


def template_document(template: Template) -> dict[str, Any]:
    return {
        "id": str(template.pk),
        "name": template.name,
        "channel": template.channel,
        "subject": template.subject,
        "body": template.body,
        "created_at": rfc3339(template.created_at),
        "updated_at": rfc3339(template.updated_at),
        "created_by": template.created_by,
    }


def message_document(message: Message, *, masked: bool) -> dict[str, Any]:
    """A message in a list."""
    address = str(message.address)
    return {
        "id": str(message.pk),
        "channel": message.channel,
        "status": message.status,
        "reason": message.reason,
        "detail": "" if masked else message.detail,
        "profile_id": str(message.profile_id),
        "journey_id": _id(message.journey_id),
        "run_id": _id(message.run_id),
        "step": message.node,
        "template_id": _id(message.template_id),
        "address": mask_text(address) if masked else address,
        "subject": mask_text(message.subject) if masked else message.subject,
        "attempts": message.attempts,
        "provider_id": message.provider_id,
        "created_at": rfc3339(message.created_at),
        "done_at": rfc3339(message.done_at),
        "opened_at": rfc3339(message.opened_at),
        "clicked_at": rfc3339(message.clicked_at),
        "activity": [{"at": rfc3339(at), "kind": kind, "url": url} for at, kind, url in message.activity],
    }


def hook_document(hook: SegmentHook) -> dict[str, Any]:
    return {
        "id": str(hook.pk),
        "segment_id": str(hook.segment_id),
        **{name: getattr(hook, name) for name in hooks.Settings.__struct_fields__},
        "problem": hook.problem,
        "secret_rotated_at": rfc3339(hook.rotated_at or hook.created_at),
        "created_at": rfc3339(hook.created_at),
        "created_by": hook.created_by,
    }


def delivery_document(message: Message) -> dict[str, Any]:
    return {
        "id": str(message.pk),
        "webhook_id": message.idempotency_key,
        "type": message.payload.get("event", ""),
        "backfill": bool(message.payload.get("backfill")),
        "people": len(message.payload.get("people", ())),
        "status": message.status,
        "reason": message.reason,
        "detail": message.detail,
        "attempts": message.attempts,
        "created_at": rfc3339(message.created_at),
        "next_attempt_at": rfc3339(message.not_before) if message.status == "queued" and message.not_before else None,
        "done_at": rfc3339(message.done_at),
    }


def suppression_document(suppression: Suppression) -> dict[str, Any]:
    return {
        "id": str(suppression.pk),
        "channel": suppression.channel,
        "address": suppression.address,
        "reason": suppression.reason,
        "message_id": _id(suppression.message_id),
        "at": rfc3339(suppression.at),
    }


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)


def _before(cursor: str | None) -> int | None:
    before = read_cursor(cursor)
    return before if isinstance(before, int) else None


def _by(request: HttpRequest) -> str:
    return str(request.auth.by)  # type: ignore[attr-defined]  # KeyAuth sets it


def _masked(request: HttpRequest) -> bool:
    return not can(request.auth.role, "customers.pii")  # type: ignore[attr-defined]
