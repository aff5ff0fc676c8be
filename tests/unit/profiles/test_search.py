"""Search and lists against the state database."""

from __future__ import annotations

from typing import Any

import pytest

from quen.identity.models import Identifier, Link
from quen.profiles import store
from quen.profiles.cards import cards, initials, own_name
from quen.profiles.listing import list_people
from quen.profiles.search import find_identifier, search
from quen.profiles.state import ProfileState

pytestmark = pytest.mark.django_db


def person(id: int, identifiers: dict[str, str], **traits: Any) -> int:
    store.insert([ProfileState(id, id, id, id, 1, traits, {name: [1, 1] for name in traits})])
    for type_, value in identifiers.items():
        Identifier.objects.create(
            key=f"{type_}||{value}",
            type=type_,
            scope="",
            value=value,
            profile_id=id,
            first_seen=1,
            last_seen=id,
            source_id=1,
        )
    return id


@pytest.fixture
def lan() -> int:
    person(2, {"anonymous_id": "visitor-2"})
    person(3, {"user_id": "KH-9"}, name="Trần Mai", email="mai@gmail.com")
    return person(
        1,
        {"user_id": "KH-0042", "email": "lannguyen@gmail.com", "phone": "+84912345678"},
        name="Nguyễn Thị Lan",
        email="Lan.Nguyen@gmail.com",
        phone="0912 345 678",
    )


@pytest.mark.parametrize(
    "typed",
    [
        "0912345678", "0912 345.678", "+84 912 345 678", "(0084) 912-345-678", "345678", "0912345",
        "lan.nguyen@gmail.com", "LAN.NGUYEN+shop@googlemail.com", "lan.nguyen@gma", "lan.nguyen",
        "KH-0042", "KH-00", "user_id:KH-0042", "email: lan.nguyen@gmail.com",
        "Nguyễn Thị Lan", "nguyen lan", "NGUYỄN LAN", "lan thi",
    ],
)  # fmt: skip
def test_whatever_is_typed_finds_her(lan: int, typed: str) -> None:
    assert search(typed, region="VN") == [lan]


def test_ids_lead_to_the_survivor(lan: int) -> None:
    Link.objects.create(from_id=77, to_id=lan, at=1)
    assert search("77", region="VN") == [lan]


@pytest.mark.parametrize(
    "typed", ["", "  ", '"', "'; DROP TABLE", "a" * 5_000, "* OR *", "NEAR(", "%", "\x00", "9" * 40, "🎉"]
)
def test_nonsense_finds_nobody(lan: int, typed: str) -> None:
    assert search(typed, region="VN") == []


def test_a_public_mail_domain_is_no_hit(lan: int) -> None:
    assert search("mai", region="VN") == [3]


def test_hidden_contact_data_cannot_be_read_off_piece_by_piece(lan: int) -> None:
    for part in ("091234", "345678", "lan.ng", "KH-00"):
        assert search(part, region="VN", names_only=True) == []
    assert search("nguyen lan", region="VN", names_only=True) == [lan]
    assert search("0912345678", region="VN", names_only=True) == [lan]


def test_the_index_follows_changes(lan: int) -> None:
    state = store.load([lan])[lan]
    state.traits["name"] = "Đỗ Hạnh"
    store.save([state])
    assert search("do hanh", region="VN") == [lan]
    assert search("nguyen thi", region="VN") == []
    store.delete([lan])
    assert search("do hanh", region="VN") == []


def test_identifiers_of_other_scopes_are_other_people() -> None:
    for scope, owner in (("pos-1", 5), ("pos-2", 6)):
        Identifier.objects.create(
            key=f"customer_code|{scope}|7", type="customer_code", scope=scope, value="7",
            profile_id=owner, first_seen=1, last_seen=1, source_id=1,
        )  # fmt: skip
    assert sorted(find_identifier("customer_code", "7", scope=None, region="VN")) == [5, 6]
    assert find_identifier("customer_code", "7", scope="pos-2", region="VN") == [6]


def test_lists_go_on_where_they_stopped(lan: int) -> None:
    seen: list[int] = []
    after: Any = None
    while True:
        piece = list_people(after=after, limit=1)
        seen += piece.ids
        after = piece.next
        if after is None:
            break
    assert seen == [3, 2, 1]
    assert list_people(kind="known").ids == [3, 1]
    assert list_people(kind="anonymous").ids == [2]
    assert list_people(segment=12345).ids == []


def test_cards(lan: int) -> None:
    shown = cards([2, lan], masked=False)
    assert [card.known for card in shown] == [False, True]
    assert (shown[1].name, shown[1].initials, shown[1].phone) == ("Nguyễn Thị Lan", "NL", "+84912345678")
    masked = cards([lan], masked=True)[0]
    assert (masked.email, masked.phone) == ("L•••@gmail.com", "•••678")


def test_names() -> None:
    assert own_name({"first_name": "Lan", "last_name": "Nguyễn"}) == "Nguyễn Lan"
    assert own_name({"name": {"first": "x"}}) == ""
    assert initials("") == ""
    assert initials("đào") == "Đ"
