"""What comes back about messages; telling it twice changes nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quen.delivery import tracking
from quen.delivery.tracking import MessageState, Told, plan
from quen.journal.protocol import Entry


def message(id: int = 7, **changed: Any) -> MessageState:
    values: dict[str, Any] = {
        "profile_id": 42, "channel": "email", "address": "Lan.Anh@gmail.com", "status": "accepted", "reason": "",
        "subject": "Chào", "journey_id": 3, "run_id": 5, "done_at": 1_000, "opened_at": None, "clicked_at": None,
        "activity": [], "noted": "",
    }  # fmt: skip
    return MessageState(id, **values | changed)


def told(kind: str, m: int = 7, t: int = 2_000, **more: Any) -> tuple[Entry, Told]:
    return Entry(1, t, kind, 0, b""), Told(m, t, **more)


def events(effects: tracking.Effects) -> list[tuple[int, str, int]]:
    return [(e.profile_id, e.event, e.time) for e in effects.events]


def test_a_sent_message_goes_on_the_timeline_of_todays_profile() -> None:
    made = plan([told("sent")], {7: message()}, {42: 43}, {3: "Bỏ quên giỏ hàng"})
    assert events(made) == [(43, "Email Sent", 1_000)]
    assert made.events[0].properties == {
        "message_id": "7", "subject": "Chào", "journey_id": "3", "journey": "Bỏ quên giỏ hàng", "run_id": "5",
    }  # fmt: skip
    assert made.changed[7].noted == "accepted"


@pytest.mark.parametrize(
    ("status", "event"),
    [("failed", "Email Failed"), ("suppressed", "Email Suppressed"), ("unknown", None)],
)
def test_other_outcomes(status: str, event: str | None) -> None:
    made = plan([told("sent")], {7: message(status=status, reason="bounced")}, {}, {})
    assert [e.event for e in made.events] == ([event] if event else [])
    assert all(e.properties["reason"] == "bounced" for e in made.events)
    assert made.changed[7].noted == status


def test_webhooks_are_no_events_of_the_person() -> None:
    made = plan([told("sent")], {7: message(channel="webhook")}, {}, {})
    assert made.events == [] and made.changed[7].noted == "accepted"


def test_a_message_in_the_queue_again_has_no_outcome() -> None:
    assert plan([told("sent")], {7: message(status="queued", done_at=None)}, {}, {}) == tracking.Effects()


def test_opens_count_once_and_clicks_each() -> None:
    acts = [told("open"), told("open", t=3_000), told("click", t=4_000, url="https://a.vn"), told("click", t=5_000)]
    made = plan(acts, {7: message()}, {}, {})
    assert events(made) == [(42, "Email Opened", 2_000), (42, "Email Clicked", 4_000), (42, "Email Clicked", 5_000)]
    assert (made.changed[7].opened_at, made.changed[7].clicked_at) == (2_000, 4_000)
    assert made.events[1].properties["url"] == "https://a.vn"


def test_unsubscribing_suppresses_the_mailbox_however_it_is_written() -> None:
    made = plan([told("unsubscribe", how="one-click")], {7: message()}, {}, {})
    assert events(made) == [(42, "Unsubscribed", 2_000)]
    assert made.events[0].properties["how"] == "one-click"
    assert [(s.channel, s.address, s.reason, s.message_id) for s in made.suppressions] == [
        ("email", "lananh@gmail.com", "unsubscribed", 7)
    ]


def test_a_machine_that_clicks_without_end_fills_nothing() -> None:
    clicks = [told("click", t=n, url=str(n)) for n in range(1, 5_000)]
    made = plan([*clicks, told("unsubscribe", t=9_000)], {7: message()}, {}, {})
    assert len(made.changed[7].activity) == tracking.MAX_ACTIVITY + 1
    assert len(made.suppressions) == 1


def test_messages_of_elsewhere_and_nonsense_are_passed_over() -> None:
    assert plan([told("open", m=8)], {7: message()}, {}, {}) == tracking.Effects()
    assert tracking._body(Entry(1, 1, "open", 0, b"\xff{")) is None
    assert tracking._body(Entry(1, 1, "open", 0, b'{"m":"x"}')) is None


ACTS = st.lists(
    st.builds(
        told,
        st.sampled_from(sorted(tracking.KINDS)),
        st.just(7),
        st.integers(1, 9),
        url=st.sampled_from(["", "https://a.vn"]),
    )
)


@given(ACTS)
def test_a_replay_changes_nothing(acts: list[tuple[Entry, Told]]) -> None:
    once = plan(acts, {7: message()}, {}, {})
    state = once.changed.get(7, message())
    again = plan(acts, {7: msgspec.convert(msgspec.to_builtins(state), MessageState)}, {}, {})
    assert again.events == [] and again.suppressions == []
    keys = [e.key for e in once.events]
    assert len(keys) == len(set(keys))


@given(ACTS, st.integers(0, 9))
def test_it_does_not_matter_where_a_batch_ends(acts: list[tuple[Entry, Told]], cut: int) -> None:
    whole = plan(acts, {7: message()}, {}, {})
    first = plan(acts[:cut], {7: message()}, {}, {})
    second = plan(acts[cut:], {7: first.changed.get(7, message())}, {}, {})
    assert [e.key for e in whole.events] == [e.key for e in first.events + second.events]
