"""The named groups of RFM: a table of ranges of scores in which every combination stands exactly once. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import msgspec

from quen.segments.grammar import N_, Place, check_fields, required, text
from quen.segments.words import Text

Range = tuple[int, int]
MAX_ROWS = 125
MAX_NAME = 60
_ALL: Range = (1, 5)


class Group(msgspec.Struct, frozen=True):
    """One row: whoever has scores within all three ranges (both ends included) is in the group."""

    group: str
    r: Range
    f: Range
    m: Range

    def holds(self, r: int, f: int, m: int) -> bool:
        return self.r[0] <= r <= self.r[1] and self.f[0] <= f <= self.f[1] and self.m[0] <= m <= self.m[1]

    def to_json(self) -> dict[str, Any]:
        return {"group": self.group, "r": list(self.r), "f": list(self.f), "m": list(self.m)}


# The best first. Several rows may make one group.
DEFAULT: tuple[Group, ...] = (
    Group("champions", (4, 5), (4, 5), (4, 5)),
    Group("loyal", (4, 5), (4, 5), (1, 3)),
    Group("loyal", (4, 5), (3, 3), (4, 5)),
    Group("loyal", (3, 3), (4, 5), _ALL),
    Group("potential_loyalist", (4, 5), (3, 3), (1, 3)),
    Group("potential_loyalist", (4, 5), (2, 2), _ALL),
    Group("new", (5, 5), (1, 1), _ALL),
    Group("promising", (4, 4), (1, 1), _ALL),
    Group("need_attention", (3, 3), (3, 3), _ALL),
    Group("need_attention", (3, 3), (2, 2), (4, 5)),
    Group("about_to_sleep", (3, 3), (2, 2), (1, 3)),
    Group("about_to_sleep", (3, 3), (1, 1), _ALL),
    Group("cannot_lose", (1, 2), (4, 5), (4, 5)),
    Group("at_risk", (1, 2), (4, 5), (1, 3)),
    Group("at_risk", (1, 2), (3, 3), _ALL),
    Group("hibernating", (2, 2), (1, 2), _ALL),
    Group("lost", (1, 1), (1, 2), _ALL),
)

# Name, and what the people of the group have in common.
NAMES: dict[str, Text] = {
    "champions": {"en": "Champions", "vi": "Khách hàng tốt nhất"},
    "loyal": {"en": "Loyal", "vi": "Khách hàng thân thiết"},
    "potential_loyalist": {"en": "Potential loyalist", "vi": "Sắp thành thân thiết"},
    "new": {"en": "New", "vi": "Khách hàng mới"},
    "promising": {"en": "Promising", "vi": "Triển vọng"},
    "need_attention": {"en": "Need attention", "vi": "Cần quan tâm"},
    "about_to_sleep": {"en": "About to sleep", "vi": "Sắp ngủ quên"},
    "at_risk": {"en": "At risk", "vi": "Có nguy cơ rời bỏ"},
    "cannot_lose": {"en": "Cannot lose", "vi": "Không thể để mất"},
    "hibernating": {"en": "Hibernating", "vi": "Đang ngủ đông"},
    "lost": {"en": "Lost", "vi": "Đã mất"},
}
MEANINGS: dict[str, Text] = {
    "champions": {
        "en": "Bought recently, often and for much. Reward them; show them what is new first.",
        "vi": "Mới mua, mua thường xuyên và chi nhiều. Hãy tri ân và giới thiệu hàng mới cho họ trước.",
    },
    "loyal": {
        "en": "Buy often. Ask for reviews, offer a membership.",
        "vi": "Mua đều. Hãy mời họ đánh giá và tham gia hạng thành viên.",
    },
    "potential_loyalist": {
        "en": "Bought recently and more than once. Recommend what goes with it.",
        "vi": "Mới mua và đã mua hơn một lần. Hãy gợi ý sản phẩm đi kèm.",
    },
    "new": {
        "en": "Bought just now for the first time. Welcome them, help them use it.",
        "vi": "Vừa mua lần đầu. Hãy chào đón và hướng dẫn sử dụng.",
    },
    "promising": {
        "en": "Bought once, not long ago. Give them a reason for the second order.",
        "vi": "Mua một lần, chưa lâu. Hãy cho họ lý do để mua lần hai.",
    },
    "need_attention": {
        "en": "Middling in everything. An offer for a limited time brings them back.",
        "vi": "Mọi mặt đều ở mức trung bình. Ưu đãi có hạn sẽ kéo họ quay lại.",
    },
    "about_to_sleep": {
        "en": "Buy little and are drifting away. Remind them before it is too late.",
        "vi": "Mua ít và đang xa dần. Hãy nhắc họ trước khi quá muộn.",
    },
    "at_risk": {
        "en": "Bought often, but long ago. Write to them personally.",
        "vi": "Từng mua thường xuyên nhưng đã lâu. Hãy gửi lời nhắn riêng.",
    },
    "cannot_lose": {
        "en": "Were among the best and have not come for long. Call them.",
        "vi": "Từng thuộc nhóm tốt nhất mà lâu rồi không quay lại. Hãy gọi cho họ.",
    },
    "hibernating": {
        "en": "Bought little, long ago. Try once with a good offer.",
        "vi": "Mua ít và đã lâu. Thử một lần với ưu đãi tốt.",
    },
    "lost": {
        "en": "Bought little, longest ago. Spend nothing on them, or win them back cheaply.",
        "vi": "Mua ít và lâu nhất. Đừng tốn chi phí, hoặc chỉ thử kéo lại với chi phí thấp.",
    },
}


def group_of(groups: Sequence[Group], r: int, f: int, m: int) -> str:
    """The name of the group of these scores; the table is whole, so there is exactly one."""
    return next(row.group for row in groups if row.holds(r, f, m))


def in_order(groups: Sequence[Group]) -> list[str]:
    """Every group once, as the table has them."""
    return list(dict.fromkeys(row.group for row in groups))


def group_name(group: str, language: str) -> str:
    """In words; a group that is the user's own is called what they called it."""
    return NAMES[group][language] if group in NAMES else group


def parse_groups(value: Any, place: Place) -> tuple[Group, ...]:
    """A table of one's own: `[{"group": "champions", "r": [4, 5], "f": [4, 5], "m": [4, 5]}, …]`.

    Raises RuleError, also for a combination of scores that is in none of the rows, or in two.
    """
    if not isinstance(value, list) or not value:
        raise place.error(N_("a list of groups is needed"))
    if len(value) > MAX_ROWS:
        raise place.error(N_("at most {most} rows"), most=MAX_ROWS)
    groups = tuple(_parse_row(row, place[index]) for index, row in enumerate(value))
    for r, f, m in product(range(1, 6), repeat=3):
        found = [index for index, row in enumerate(groups) if row.holds(r, f, m)]
        if not found:
            raise place.error(N_("nobody's group: r {r}, f {f}, m {m} is in none of the rows"), r=r, f=f, m=m)
        if len(found) > 1:
            at = place[found[1]]
            raise at.error(N_("r {r}, f {f}, m {m} is in row {row} already"), r=r, f=f, m=m, row=found[0] + 1)
    return groups


def _parse_row(row: Any, place: Place) -> Group:
    if not isinstance(row, Mapping):
        raise place.error(N_('an object is needed, such as {"group": "loyal", "r": [3, 5], "f": [4, 5], "m": [1, 5]}'))
    check_fields(row, place, ("group", "r", "f", "m"))
    ranges = [_parse_range(row.get(name, list(_ALL)), place[name]) for name in ("r", "f", "m")]
    return Group(text(required(row, "group", place), place["group"], MAX_NAME).strip(), *ranges)


def _parse_range(value: Any, place: Place) -> Range:
    whole = isinstance(value, list) and len(value) == 2 and all(type(end) is int and 1 <= end <= 5 for end in value)
    if not whole or value[0] > value[1]:
        raise place.error(N_("two scores from 1 to 5 are needed, the lower one first"))
    return value[0], value[1]
