"""Journal entries → messages: every dialect into one shape, and a reason for whatever is refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quen.journal.protocol import Entry
from quen.protocol.decode import decode_entry
from quen.protocol.messages import DropReason, Envelope, Message, Rejected

NOW = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def decode(
    *messages: Any, source_kind: str = "server", source_id: int = 5, **envelope: Any
) -> list[Message | Rejected]:
    raws = [msgspec.Raw(m if isinstance(m, bytes) else json.dumps(m).encode()) for m in messages]
    body = msgspec.json.encode(Envelope(raws, **envelope))
    return decode_entry(Entry(42, NOW, "track", source_id, body), source_kind=source_kind)


def message(given: Any, **envelope: Any) -> Message:
    (decoded,) = decode(given, **envelope)
    assert isinstance(decoded, Message), decoded
    return decoded


def rejected(given: Any, **envelope: Any) -> Rejected:
    (decoded,) = decode(given, **envelope)
    assert isinstance(decoded, Rejected), decoded
    return decoded


def track(**fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Product Viewed", "userId": "u1", **fields}


def test_a_track_message() -> None:
    decoded = message(
        {
            "type": "track",
            "messageId": "m-1",
            "userId": " u1 ",
            "anonymousId": None,
            "event": " Order Completed ",
            "properties": {"total": 459_000, "products": [{"sku": "A"}], "note": ""},
            "context": {"traits": {"email": "an@example.com"}, "ip": "203.0.113.7"},
            "timestamp": "2025-12-31T23:59:00Z",
        },
        sent_at="2025-12-31T23:59:30Z",
    )
    assert decoded == Message(
        message_id="m-1",
        source_id=5,
        trusted=True,
        type="track",
        event="Order Completed",
        time=NOW - 30_000,
        received_at=NOW,
        user_id="u1",
        properties={"total": 459_000, "products": [{"sku": "A"}], "note": ""},
        traits={"email": "an@example.com"},
        context='{"traits": {"email": "an@example.com"}, "ip": "203.0.113.7"}',
        original_time=NOW - 60_000,
        sent_at=NOW - 30_000,
        offset=42,
    )


@pytest.mark.parametrize(
    ("type_", "event"),
    [
        ("page", "Page Viewed"),
        ("screen", "Screen Viewed"),
        ("identify", "Identified"),
        ("group", "Group Joined"),
        ("alias", "Aliased"),
    ],
)
def test_the_other_types_have_names_of_their_own(type_: str, event: str) -> None:
    decoded = message({"type": type_, "userId": "u", "event": "ignored", "name": "Home", "category": "Docs"})
    assert (decoded.type, decoded.event) == (type_, event)
    assert decoded.properties == ({"name": "Home", "category": "Docs"} if type_ in {"page", "screen"} else {})


def test_null_deletes_a_trait_and_empty_does_not() -> None:
    decoded = message({"type": "identify", "userId": "u", "traits": {"city": None, "note": ""}})
    assert decoded.traits == {"city": None, "note": ""}


def test_rudder_puts_traits_into_the_context() -> None:
    decoded = message(
        {"type": "identify", "userId": "u", "context": {"traits": {"city": "Huế", "age": 3}}, "traits": {"age": 4}}
    )
    assert decoded.traits == {"city": "Huế", "age": 4}


def test_traits_of_a_group_are_not_the_persons() -> None:
    decoded = message(
        {"type": "group", "userId": "u", "groupId": 7, "traits": {"name": "Công ty A", "email": "a@b.vn"}}
    )
    assert decoded.group_id == "7"
    assert decoded.traits == {}
    assert decoded.properties == {"name": "Công ty A", "email": "a@b.vn"}


def test_merge_is_an_alias_of_identifiers() -> None:
    decoded = message(
        {
            "mergeProperties": [
                {"type": "email", "value": "an@example.com"},
                {"type": "mobile", "value": "0901234567"},
            ]
        },
        type="merge",
    )
    assert decoded.type == "alias"
    assert decoded.external_ids == [("email", "", "an@example.com"), ("phone", "", "0901234567")]


def test_custom_identifiers() -> None:
    given = [
        {"id": "zalo-1", "type": "zalo_user_id", "collection": "oa-9", "encoding": "none"},
        {"id": 77, "type": "Customer_Code", "collection": "users"},
        {"id": "", "type": "x"},
        {"id": True, "type": "x"},
        {"id": "1", "type": 5},
        "nonsense",
    ]
    expected = [("zalo_user_id", "oa-9", "zalo-1"), ("customer_code", "", "77")]
    assert message(track(context={"externalIds": given})).external_ids == expected
    assert message(track(context={"externalId": given})).external_ids == expected  # Rudder's name of it
    assert message(track(context={"externalIds": "nonsense"})).external_ids == []


def test_the_path_decides_the_type_and_the_batch_fills_in() -> None:
    decoded = message(
        {"type": "identify", "userId": "u", "event": "E", "context": {"locale": "vi"}},
        type="track",
        context={"locale": "en", "app": {"name": "shop"}},
    )
    assert decoded.type == "track"
    assert json.loads(decoded.context) == {"locale": "vi", "app": {"name": "shop"}}


def test_a_browser_is_not_believed_about_its_address() -> None:
    claimed = track(context={"ip": "8.8.8.8", "userAgent": "own"})
    seen = message(claimed, source_kind="browser", ip="203.0.113.9", user_agent="Chrome")
    assert not seen.trusted
    assert json.loads(seen.context) == {"ip": "203.0.113.9", "userAgent": "own"}
    assert json.loads(message(claimed, source_kind="browser").context) == {"userAgent": "own"}
    server = message(claimed, source_kind="server", ip="203.0.113.9", user_agent="python")
    assert server.trusted and json.loads(server.context) == {"ip": "8.8.8.8", "userAgent": "own"}


def test_ids_become_strings() -> None:
    decoded = message(track(userId=123, anonymousId=45.0, messageId=7, previousId="  ", groupId="🌸"))
    assert (decoded.user_id, decoded.anonymous_id, decoded.message_id) == ("123", "45", "7")
    assert (decoded.previous_id, decoded.group_id) == (None, "🌸")


def test_a_message_without_id_gets_the_same_one_every_time() -> None:
    first, second = decode(track(), track(messageId=" "))
    assert isinstance(first, Message) and isinstance(second, Message)
    assert (first.message_id, second.message_id) == ("q-42-0", "q-42-1")
    assert message(track(), ids=["q-7-3"]).message_id == "q-7-3"  # a replay keeps it


def test_a_replay_keeps_when_it_first_came() -> None:
    decoded = message(track(), received_at=NOW - 86_400_000)
    assert decoded.received_at == decoded.time == NOW - 86_400_000


def test_only_quen_itself_names_profiles_and_sends_system_events() -> None:
    own = {"type": "system", "event": "Segment Entered", "profileId": "77"}
    decoded = message(own, source_id=0, source_kind="internal")
    assert (decoded.type, decoded.event, decoded.profile_id) == ("system", "Segment Entered", 77)
    assert rejected(own).reason is DropReason.UNKNOWN_TYPE
    assert message(track(profileId="77")).profile_id is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["track"], DropReason.MALFORMED),
        ("track", DropReason.MALFORMED),
        (None, DropReason.MALFORMED),
        (7, DropReason.MALFORMED),
        (track(properties="x"), DropReason.MALFORMED),
        (track(context=[1]), DropReason.MALFORMED),
        (track(traits=5), DropReason.MALFORMED),
        (track(event={"a": 1}), DropReason.MALFORMED),
        (track(event="x" * 201), DropReason.MALFORMED),
        ({"userId": "u"}, DropReason.UNKNOWN_TYPE),
        ({"userId": "u", "type": "dance"}, DropReason.UNKNOWN_TYPE),
        (track(event=None), DropReason.NO_EVENT_NAME),
        (track(event="  "), DropReason.NO_EVENT_NAME),
        (track(userId=None), DropReason.NO_IDENTITY),
        (track(userId=" "), DropReason.NO_IDENTITY),
        (track(userId=True), DropReason.BAD_ID),
        (track(userId={"id": 1}), DropReason.BAD_ID),
        (track(userId="x" * 256), DropReason.BAD_ID),
        (track(messageId="x" * 101), DropReason.BAD_ID),
        (track(timestamp="yesterday"), DropReason.BAD_TIME),
        (track(timestamp=[1]), DropReason.BAD_TIME),
        (track(timestamp="1970-01-01T00:00:00Z"), DropReason.BAD_TIME),
        (track(timestamp=-5), DropReason.BAD_TIME),
        (track(properties={str(n): n for n in range(1001)}), DropReason.TOO_MANY_PROPERTIES),
        (track(properties={"a": "x" * 33_000}), DropReason.TOO_LARGE),
        (
            b'{"type":"track","event":"e","userId":"u","properties":{"a":' + b"[" * 40 + b"]" * 40 + b"}}",
            DropReason.TOO_DEEP,
        ),
        (
            b'{"type":"track","event":"e","userId":"u","traits":{"a":' + b"[" * 9000 + b"]" * 9000 + b"}}",
            DropReason.TOO_DEEP,
        ),
    ],
)
def test_each_fault_has_its_reason_and_costs_no_neighbour(given: Any, reason: DropReason) -> None:
    before, bad, after = decode(track(messageId="a"), given, track(messageId="b"))
    assert isinstance(before, Message) and isinstance(after, Message)
    assert (before.message_id, after.message_id) == ("a", "b")
    assert isinstance(bad, Rejected)
    assert (bad.reason, bad.position, bad.offset, bad.source_id) == (reason, 1, 42, 5)
    assert bad.detail


def test_a_rejected_message_can_be_recognised() -> None:
    bad = rejected(track(messageId="m-9", userId=None))
    assert (bad.message_id, bad.type, bad.event) == ("m-9", "track", "Product Viewed")
    assert json.loads(bad.body)["messageId"] == "m-9"


def test_the_details_hold_no_personal_data() -> None:
    bad = (track(userId=["secret"]), track(timestamp="secret"), track(messageId="secret" * 30), b'{"secret": 1')
    for one in bad:
        for item in decode(one):
            assert isinstance(item, Rejected)
            assert "secret" not in item.detail


def test_at_the_limits_it_is_still_taken() -> None:
    assert message(track(properties={str(n): n for n in range(1000)})).properties["999"] == 999
    nested: dict[str, Any] = {}
    for _ in range(30):
        nested = {"a": nested}
    assert message(track(properties=nested)).properties == nested
    assert message(track(userId="x" * 255, messageId="y" * 100, event="z" * 200))


def test_what_stores_cannot_keep_is_taken_out() -> None:
    decoded = message(
        b'{"type":"track","event":"e\\u0000","userId":"u\\u00001","properties":{"k\\u0000":"v\\ud800","n":NaN,'
        b'"big":123456789012345678901,"bytes":"\xff!"}}'
    )
    assert (decoded.event, decoded.user_id) == ("e", "u1")
    assert decoded.properties == {"k": "v", "n": None, "big": 1.2345678901234568e20, "bytes": "!"}


def test_the_clock_of_1970_is_right_when_it_also_sent_then() -> None:
    decoded = message(track(timestamp="1970-01-01T00:01:00Z"), sent_at="1970-01-01T00:01:10Z")
    assert decoded.time == NOW - 10_000
    assert decoded.original_time == 60_000


def test_the_year_2100_becomes_now_and_9999_is_not_kept() -> None:
    decoded = message(track(timestamp="2100-01-01T00:00:00Z"))
    assert (decoded.time, decoded.original_time) == (NOW, 4_102_444_800_000)
    assert message(track(timestamp="9999-12-31T00:00:00Z")).original_time is None


def test_dropped_messages_of_a_disabled_source_are_counted() -> None:
    items = decode(dropped=3)
    assert [i.reason for i in items if isinstance(i, Rejected)] == [DropReason.SOURCE_DISABLED] * 3


def test_an_entry_that_is_no_envelope_is_one_rejected_message() -> None:
    (item,) = decode_entry(Entry(1, NOW, "track", 5, b"garbage"), source_kind="server")
    assert isinstance(item, Rejected) and item.reason is DropReason.MALFORMED


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = "type messageId userId anonymousId previousId groupId event name category properties traits context timestamp"
fields = st.sampled_from([*FIELDS.split(), "originalTimestamp", "sentAt", "mergeProperties", "profileId"])


@given(st.dictionaries(fields, json_values), st.sampled_from([None, "track", "merge"]), st.booleans())
def test_any_object_is_a_message_that_every_store_can_keep_or_is_rejected(
    given: dict[str, Any], type_: str | None, rudder: bool
) -> None:
    (item,) = decode(given, type=type_, dialect="rudder" if rudder else "segment", source_kind="browser")
    if isinstance(item, Message):
        assert item.time <= item.received_at == NOW
        encoded = msgspec.json.encode(item)
        assert b"\\u0000" not in encoded
        assert msgspec.json.decode(encoded, type=Message) == item
        assert item.user_id or item.anonymous_id or item.previous_id or item.external_ids or item.traits


contexts = st.dictionaries(
    st.sampled_from(["ip", "userAgent", "locale", "page", "traits", "consent", "\u1ed9", 'a"b']),
    json_values,
    max_size=5,
)


@given(contexts, st.sampled_from([None, "203.0.113.9"]), st.sampled_from([None, "Chrome"]), st.sampled_from([None, 1]))
def test_a_context_is_kept_as_it_came_but_for_what_the_connection_shows(
    context: dict[str, Any], ip: str | None, program: str | None, indent: int | None
) -> None:
    raw = json.dumps(track(context=context), indent=indent).encode()
    (own,) = decode(raw)
    (shown,) = decode(raw, source_kind="browser", ip=ip, user_agent=program)
    assume(isinstance(own, Message) and isinstance(shown, Message))
    assert isinstance(own, Message) and isinstance(shown, Message)
    kept = json.loads(own.context or "{}")
    assert list(kept) == list(context)
    expected = {k: v for k, v in kept.items() if k != "ip"} | ({"ip": ip} if ip else {})
    if program:
        expected.setdefault("userAgent", program)
    assert json.loads(shown.context or "{}") == expected


@pytest.mark.parametrize("number", ["1e400", "-1.5E+999", "1e0400"])
def test_a_number_that_no_store_could_read_again_is_not_kept_as_it_came(number: str) -> None:
    raw = json.dumps(track(context={"n": "N", "locale": "vi"})).replace('"N"', number).encode()
    assert msgspec.json.decode(message(raw).context)["locale"] == "vi"


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_by_name(data: bytes) -> None:
    for item in decode_entry(Entry(1, NOW, "track", 5, b'{"messages":[' + data + b"]}"), source_kind="server"):
        assert isinstance(item, Rejected)


def test_only_a_trusted_source_brings_in_history() -> None:
    old = track(timestamp=NOW - 401 * 24 * 3600 * 1000)
    recent = track(timestamp=NOW - 399 * 24 * 3600 * 1000)
    assert isinstance(decode(old)[0], Message)
    (refused,) = decode(old, source_kind="browser")
    assert isinstance(refused, Rejected)
    assert (refused.reason, "400 days" in refused.detail) == (DropReason.BAD_TIME, True)
    assert isinstance(decode(recent, source_kind="browser")[0], Message)
