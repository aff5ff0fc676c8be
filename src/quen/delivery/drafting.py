"""From claimed messages to what can be sent, or to the reason why not: the guardrails, in sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from django.apps import apps

from quen.delivery import hooks, rendering, runs, store
from quen.delivery.addresses import deliverable_email, email_of, suppression_key
from quen.delivery.channels import Call, Letter
from quen.delivery.errors import TemplateError
from quen.delivery.models import SegmentHook
from quen.delivery.rendering import Person
from quen.delivery.store import Claimed, Prepared, Result
from quen.delivery.templating import Setting

StillWanted = Callable[[Sequence[Claimed]], Mapping[int, str | None]]
PAUSE_MS = 30_000  # a paused journey's messages are looked at again after this


class Drafts(msgspec.Struct):
    """`results` are final or put back; `addresses` are those of refused messages, for people to read."""

    letters: list[Letter] = []
    calls: list[Call] = []
    prepared: list[Prepared] = []
    results: list[Result] = []
    addresses: dict[int, str] = {}


def draft(claimed: Sequence[Claimed], still_wanted: StillWanted, setting: Setting, now: int) -> Drafts:
    """`claimed` are of one channel."""
    drafts = Drafts()
    wanted = _wanted(claimed, still_wanted(claimed), drafts, now)
    people = store.people({m.profile_id for m in wanted})
    if claimed and claimed[0].channel == "email":
        _letters(wanted, people, setting, drafts)
    elif claimed and claimed[0].channel == hooks.CHANNEL:
        _feed(wanted, drafts, now)
    else:
        _calls(wanted, people, setting, drafts)
    return drafts


def _wanted(claimed: Sequence[Claimed], refusals: Mapping[int, str | None], drafts: Drafts, now: int) -> list[Claimed]:
    wanted = []
    for message in claimed:
        reason = refusals.get(message.id)
        if reason is None:
            wanted.append(message)
        elif reason == runs.PAUSED:
            drafts.results.append(
                Result(message.id, "queued", reason, not_before=now + PAUSE_MS, attempts=message.attempts - 1)
            )
        else:
            drafts.results.append(Result(message.id, "suppressed", reason))
    return wanted


def _letters(wanted: Sequence[Claimed], people: Mapping[int, Person], setting: Setting, drafts: Drafts) -> None:
    given = {m.id: email_of(p.traits, p.identifiers) for m in wanted if (p := people.get(m.profile_id))}
    keys = {id_: suppression_key("email", address) for id_, address in given.items() if address}
    suppressed = store.suppressions("email", set(keys.values()))
    contents = store.contents({m.template_id for m in wanted if m.template_id is not None})
    for message in wanted:
        person, address = people.get(message.profile_id), given.get(message.id)
        if person is None or not address:
            reason = "no_address" if person else "no_profile"
            drafts.results.append(Result(message.id, "suppressed", reason))
            continue
        drafts.addresses[message.id] = address[:320]
        deliverable = deliverable_email(address)
        if deliverable is None:
            drafts.results.append(Result(message.id, "suppressed", "invalid_address", address[:200]))
        elif keys[message.id] in suppressed:
            drafts.results.append(Result(message.id, "suppressed", suppressed[keys[message.id]]))
        elif message.template_id not in contents:
            drafts.results.append(Result(message.id, "failed", "no_template"))
        else:
            _letter(message, person, deliverable, contents[message.template_id], setting, drafts)


def _letter(message: Claimed, person: Person, address: str, content: Any, setting: Setting, drafts: Drafts) -> None:
    try:
        made = rendering.render(content, person, _event(message), setting, message_id=message.id)
    except TemplateError as error:
        drafts.results.append(Result(message.id, "failed", "template_error", _detail(error)))
        return
    drafts.prepared.append(Prepared(message.id, address, made.subject, made.html, made.text))
    drafts.letters.append(
        Letter(
            message_id=message.id,
            idempotency_key=message.idempotency_key,
            address=address,
            subject=made.subject,
            html=made.html,
            text=made.text,
            unsubscribe_url=rendering.unsubscribe_url(setting, message.id),
        )
    )


def _calls(wanted: Sequence[Claimed], people: Mapping[int, Person], setting: Setting, drafts: Drafts) -> None:
    names = _journey_names({m.journey_id for m in wanted if m.journey_id is not None})
    for message in wanted:
        person = people.get(message.profile_id)
        if person is None:
            drafts.results.append(Result(message.id, "suppressed", "no_profile"))
            continue
        url = str(message.payload.get("url", ""))
        about = {
            "journey": {"id": str(message.journey_id or ""), "name": names.get(message.journey_id or 0, "")},
            "run_id": str(message.run_id or ""),
            "step": message.node,
        }
        try:
            # A repeat says the same as the first attempt did.
            body = message.sent_body.encode() or rendering.webhook_body(
                str(message.payload.get("body") or ""),
                person,
                _event(message),
                setting,
                about=about,
                created_at=message.created_at,
            )
        except TemplateError as error:
            drafts.results.append(Result(message.id, "failed", "template_error", _detail(error)))
            continue
        drafts.prepared.append(Prepared(message.id, url[:320], "", "", body.decode()))
        drafts.calls.append(Call(message.id, message.idempotency_key, url, body))


def _feed(wanted: Sequence[Claimed], drafts: Drafts, now: int) -> None:
    """Who entered and left segments, as their hooks want it told."""
    hook_of = SegmentHook.objects.in_bulk({m.hook_id for m in wanted if m.hook_id})
    people = store.people({id_ for m in wanted for id_ in hooks.profile_ids(m.payload)})
    for message in wanted:
        hook = hook_of.get(message.hook_id or 0)
        body = message.sent_body.encode() or (hook and hooks.body(hook, message.payload, people, message.created_at))
        if not hook or not body:
            drafts.results.append(Result(message.id, "suppressed", "no_profile"))
            continue
        drafts.prepared.append(Prepared(message.id, hook.url[:320], message.payload["event"], "", body.decode()))
        drafts.calls.append(Call(message.id, message.idempotency_key, hook.url, body, hooks.secrets(hook, now)))


def _event(message: Claimed) -> Mapping[str, Any]:
    event = message.payload.get("event")
    return event if isinstance(event, dict) else {}


def _detail(error: TemplateError) -> str:
    where = f"{error.place}, line {error.line}: " if error.line else ""
    return f"{where}{error.message}"[:300]


def _journey_names(ids: set[int]) -> dict[int, str]:
    return dict(apps.get_model("journeys", "Journey").objects.filter(id__in=ids).values_list("id", "name"))
