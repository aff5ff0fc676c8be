"""Webhooks of a segment: who is told that people enter and leave, and what became of each call."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quen.accounts.access import require, user_of
from quen.accounts.roles import can
from quen.delivery import hooks
from quen.delivery.models import Message, SegmentHook
from quen.delivery.words import reason_text
from quen.errors import Forbidden, InvalidInput
from quen.segments import service
from quen.segments.models import Segment
from quen.segments.pages.common import tabs

_DELIVERIES = 20


@require("customers.view")
@require_GET
def segment_hooks(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    return _page(request, service.find(segment_id))


@require("customers.view")
@require_GET
def paused_hooks(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """For the other pages of the segment: that Quen paused a webhook of it; nothing when it paused none."""
    count = sum(bool(hook.problem) and not hook.active for hook in hooks.hooks_of(segment_id))
    if not count:
        return HttpResponse(status=204)
    return render(request, "delivery/hooks_paused.html", {"segment_id": segment_id, "count": count})


@require("segments.edit")
@require_POST
def new_hook(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """The page after it shows the secret, once."""
    _may_tell(request)
    segment = service.find(segment_id)
    try:
        hook, secret = hooks.create(segment, _settings(request, active=True), user_of(request).email)
    except InvalidInput as error:
        return _page(request, segment, problem=_problem(error), given=request.POST)
    return _page(request, segment, shown=(hook.id, secret))


@require("segments.edit")
@require_POST
def change_hook(request: HttpRequest, segment_id: int, hook_id: int) -> HttpResponseBase:
    """`do`: save, secret, pause, resume or delete."""
    segment, hook = service.find(segment_id), hooks.find(segment_id, hook_id)
    do = request.POST.get("do", "")
    if do == "delete":
        hooks.delete(hook)
        messages.success(request, _("The webhook is deleted."))
    elif do == "pause":
        hooks.change(hook, _as_it_is(hook, active=False))
    else:
        _may_tell(request)
        if do == "secret":
            return _page(request, segment, shown=(hook.id, hooks.rotate(hook)))
        try:
            hooks.change(hook, _as_it_is(hook, active=True) if do == "resume" else _settings(request, hook.active))
        except InvalidInput as error:
            return _page(request, segment, problem=_problem(error), given=request.POST, changing=hook.id)
    return redirect("segment_hooks", segment_id)


def _page(request: HttpRequest, segment: Segment, **more: Any) -> HttpResponseBase:
    shown = more.pop("shown", None)
    rows = [
        {
            "hook": hook,
            "traits": ", ".join(hook.traits),
            "secret": shown[1] if shown and shown[0] == hook.id else "",
            "deliveries": [_delivery(message) for message in hooks.deliveries(hook.id, before=None, limit=_DELIVERIES)],
        }
        for hook in hooks.hooks_of(segment.id)
    ]
    context = {
        "segment": segment,
        "tabs": tabs(segment, "segment_hooks"),
        "rows": rows,
        "may_tell": can(user_of(request).role, "customers.pii"),
        **more,
    }
    return render(request, "delivery/hooks.html", context, status=422 if more.get("problem") else 200)


def _delivery(message: Message) -> dict[str, Any]:
    return {
        "message": message,
        "event": message.payload.get("event", ""),
        "people": len(message.payload.get("people", ())),
        "reason": reason_text(message.reason) if message.reason else "",
    }


def _settings(request: HttpRequest, active: bool) -> hooks.Settings:
    given = request.POST
    return hooks.Settings(
        url=given.get("url", "").strip(),
        entered="entered" in given,
        exited="exited" in given,
        backfills="backfills" in given,
        identifiers="identifiers" in given,
        traits=[name for part in given.get("traits", "").split(",") if (name := part.strip())],
        active=active,
    )


def _as_it_is(hook: SegmentHook, *, active: bool) -> hooks.Settings:
    now = {name: getattr(hook, name) for name in hooks.Settings.__struct_fields__}
    return hooks.Settings(**(now | {"active": active}))


def _problem(error: InvalidInput) -> str:
    if "url" in error.details:
        return _("Give an address that begins with https:// (or http://), without user and password.")
    if error.details.get("path") == "entered":
        return _("Choose entries, exits or both.")
    return error.message


def _may_tell(request: HttpRequest) -> None:
    """Who may not see contact data may not have it sent somewhere either."""
    if not can(user_of(request).role, "customers.pii"):
        raise Forbidden("webhooks tell identifiers and traits: only who may see contact data may make one")
