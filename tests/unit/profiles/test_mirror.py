"""Where SQL finds computed traits in the mirror, whatever waits and whatever is turned."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quen.profiles.mirror import AS_NAMED, NOWHERE, Sides, mirrored
from quen.profiles.state import COMPUTED, NEXT

NAMES = ["spent", "rfm", "idle"]
SLOTS = {"11": "spent", "12": "rfm"}  # "13" was given up
values = st.none() | st.integers(0, 3) | st.fixed_dictionaries({"r": st.integers(1, 5)})
people = st.fixed_dictionaries(
    {"city": st.just("Huế")},
    optional={
        COMPUTED: st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3)),
        NEXT: st.dictionaries(st.sampled_from([*SLOTS, "13"]), values),
    },
)


def at(found: dict[str, Any], path: str) -> Any:
    first, _, rest = path.partition(".")
    return found.get(first, {}).get(rest)


@given(people, st.frozensets(st.sampled_from(NAMES)))
def test_what_is_shown_is_where_it_is_looked_for_and_what_comes_is_where_it_will_be(
    traits: dict[str, Any], turned: frozenset[str]
) -> None:
    found = mirrored(traits, Sides(turned, SLOTS))
    shown, waits = traits.get(COMPUTED, {}), traits.get(NEXT, {})
    coming = {name: waits.get(slot) for slot, name in SLOTS.items()}
    for name in NAMES:
        assert at(found, Sides(turned).path(f"computed.{name}")) == shown.get(name)
        assert at(found, Sides(turned ^ {name}).path(f"computed.{name}")) == coming.get(name)
    assert found["city"] == "Huế"
    assert set(found.get(COMPUTED, {})) | set(found.get(NEXT, {})) <= set(NAMES)


def test_where_nothing_waits_or_is_turned_it_is_the_traits_as_they_are() -> None:
    for traits in ({"city": "Huế"}, {"city": "Huế", COMPUTED: {"spent": 3}}):
        assert mirrored(traits, AS_NAMED) is traits
        assert mirrored(traits, Sides(frozenset({"rfm"}))) is traits


def test_only_quen_can_name_the_other_side() -> None:
    sides = Sides(frozenset({"rfm"}))
    paths = ["city", "computed", "computed.spent", "computed.rfm_old", "computed.rfm", "computed.rfm.group"]
    assert [sides.path(path) for path in paths] == [*paths[:4], "quen:computed.rfm", "quen:computed.rfm.group"]
    for path in ("quen:computed", "quen:computed.rfm", "quen:computed.11", "quen:computed.rfm.group"):
        assert sides.path(path) == AS_NAMED.path(path) == NOWHERE
    assert sides.path("quen:consent:news") == "quen:consent:news"
