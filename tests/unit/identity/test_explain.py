from __future__ import annotations

from django.utils.translation import override

from quen.identity.evidence import chain, live_ties, parts
from quen.identity.explain import explain, steps_of
from quen.identity.keys import split_key
from quen.identity.models import Edge
from quen.identity.refs import keys_by_ref, ref_of
from quen.identity.words import rule_text


def edge(number: int, kind: str, left: str, right: str = "", rule: str = "same_message", **more: object) -> Edge:
    return Edge(
        id=number,
        at=number,
        kind=kind,
        left=left,
        right=right,
        profile_id=1,
        source_id=1,
        message_id=f"m{number}",
        rule=rule,
        **more,
    )


def shout(_type: str, value: str) -> str:
    return value.upper()


def test_the_log_says_why() -> None:
    log = [
        edge(1, "create", "user_id||u1", rule="first_seen"),
        edge(2, "attach", "user_id||u1", "email||lan@x.vn"),
        edge(3, "merge", "user_id||u1", "anonymous_id||a|b"),
        edge(4, "conflict", "phone||+84912345678", "user_id||u2", "unique:user_id"),
        edge(5, "remove", "user_id||u1", "email||lan@x.vn", "by_hand", by="an@x.vn"),
    ]
    with override("en"):
        entries = explain(log, shout, live={3})
    words = [(entry.title, entry.why) for entry in entries]
    assert words[-1] == ("The profile began with Customer code U1", "First message with it.")
    assert words[-2][0] == "E-mail LAN@X.VN was added to Customer code U1"
    assert "Anonymous visitor id A|B" in words[-3][0]
    assert "only one Customer code" in words[1][1]
    assert words[0] == ("Customer code U1 and E-mail LAN@X.VN were separated", "By hand: an@x.vn.")
    assert [entry.edge.pk for entry in entries if entry.live] == [3]


def test_every_rule_has_words() -> None:
    rules = [
        "unique:user_id", "limit:email", "cap:merges", "cap:identifiers", "separated", "untrusted_merge",
        "untrusted_attach", "shared_device", "missing:left", "not_live", "still_one", "not_one", "everything", "same",
        "missing", "failed",
    ]  # fmt: skip
    with override("en"):
        assert not [rule for rule in rules if rule_text(rule) == rule]


def test_the_chain_is_the_shortest_and_in_words() -> None:
    ties = live_ties(
        [
            edge(1, "attach", "phone||1", "email||a"),
            edge(2, "attach", "email||a", "zalo_user_id|oa|z"),
            edge(3, "merge", "user_id||u", "zalo_user_id|oa|z"),
            edge(4, "link", "phone||1", "zalo_user_id|oa|z"),
            edge(5, "link", "zalo_user_id|oa|z", "phone||1"),
        ]
    )
    found = chain(ties, "user_id||u", "phone||1")
    assert found is not None
    with override("en"):
        steps = steps_of(found, "user_id||u", shout)
    assert [(step.left, step.right) for step in steps] == [
        ("Customer code U", "Zalo user Z"),
        ("Zalo user Z", "Phone 1"),
    ]
    assert [step.more for step in steps] == [0, 1]
    assert chain(ties, "user_id||u", "email||nobody") is None


def test_what_is_taken_back_or_shared_ties_nobody() -> None:
    log = [
        edge(1, "attach", "user_id||u", "email||a"),
        edge(2, "attach", "user_id||u", "anonymous_id||tablet"),
        edge(3, "remove", "email||a", "user_id||u"),
        edge(4, "shared", "anonymous_id||tablet", "user_id||v"),
    ]
    assert live_ties(log) == []
    again = live_ties([*log, edge(5, "attach", "email||a", "user_id||u")])
    assert [entry.pk for tie in again for entry in tie.entries] == [5]
    assert parts(["user_id||u", "anonymous_id||tablet", "email||a"], again) == [
        ["user_id||u", "email||a"],
        ["anonymous_id||tablet"],
    ]


def test_keys_split_at_the_first_two_bars() -> None:
    assert split_key("external_id|pos|a|b") == ("external_id", "pos", "a|b")


def test_a_ref_says_nothing_of_its_identifier() -> None:
    keys = ["phone||+84912345678", "phone||+84912345679"]
    assert list(keys_by_ref(keys).values()) == keys
    assert all(len(ref_of(key)) == 16 and "912345" not in ref_of(key) for key in keys)
