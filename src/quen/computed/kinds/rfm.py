"""`rfm`: how recently, how often and for how much somebody bought (`computed.rfm.r`, `.f`, `.m`, `.score`, `.group`).

`{"kind": "rfm", "event": "Order Completed", "property": "total", "within": "365d"}`

`scoring` is `quintiles` (a fifth of the customers for each score; what separates them is `boundaries`, found anew by
Quen every night and on demand: rfm_boundaries.py) or `thresholds`, of one's own. `groups` is a table of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.computed.kinds.base import Answer, Field, Kind
from quen.computed.kinds.events import EVENT, PROPERTY, WHERE, Question, parse_question
from quen.computed.rfm import Boundaries, Orders, value_of
from quen.computed.rfm_groups import DEFAULT, NAMES, Group, group_name, parse_groups
from quen.segments.aggregates.amounts import millionths_sql, wide
from quen.segments.conditions.base import Followed, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import (
    MAX_WINDOW_COUNT,
    N_,
    Place,
    check_fields,
    duration,
    duration_text,
    number,
    required,
)
from quen.segments.measure import SCALE

USUAL_WINDOW = "365d"
USUAL_PROPERTY = "total"
SCORINGS = ("quintiles", "thresholds")
_OWN = ("scoring", "thresholds", "groups", "boundaries")


class Settings(msgspec.Struct, frozen=True):
    orders: Question
    scoring: str
    boundaries: Boundaries | None  # None: quintiles that were not found yet
    made_at: int = 0  # of quintiles, ms UTC
    people: int = 0  # they are of so many
    groups: tuple[Group, ...] = DEFAULT

    def per_person(self, context: SqlContext) -> str:
        """A query of (person, result): the time of the last order in ms, how many, and their sum in millionths."""
        spent = f"sum(ifNull({millionths_sql(self.orders.property)}, 0))"
        return self.orders.sql(f"(toUnixTimestamp64Milli(max(time)), count(), {spent})", context)


class Rfm(Kind):
    name = "rfm"
    order = 100
    label = {"en": "RFM", "vi": "Phân tích RFM"}
    help = {
        "en": "Scores from 1 to 5 for how recently, how often and for how much somebody bought, and a group by name.",
        "vi": "Chấm điểm từ 1 đến 5 theo độ gần, độ thường xuyên và giá trị mua hàng, rồi xếp vào nhóm có tên.",
    }
    gives = "object"
    parts = {
        "r": ({"en": "recency score", "vi": "điểm độ gần (R)"}, "number"),
        "f": ({"en": "frequency score", "vi": "điểm tần suất (F)"}, "number"),
        "m": ({"en": "monetary score", "vi": "điểm chi tiêu (M)"}, "number"),
        "score": ({"en": "sum of the three scores", "vi": "tổng ba điểm"}, "number"),
        "group": ({"en": "group", "vi": "nhóm"}, "text"),
    }
    named = {"group": NAMES}
    fields = (
        msgspec.structs.replace(EVENT, label={"en": "What counts as an order", "vi": "Sự kiện nào là đơn hàng"}),
        msgspec.structs.replace(PROPERTY, label={"en": "Amount of the order", "vi": "Số tiền của đơn"}, required=False),
        WHERE,
        Field(
            "within",
            "duration",
            {"en": "Orders of the last", "vi": "Đơn hàng trong"},
            help={"en": "older ones no longer count", "vi": "qua; đơn cũ hơn không được tính"},
            usual=USUAL_WINDOW,
        ),
        Field(
            "scoring",
            "choice",
            {"en": "Scores", "vi": "Cách chấm điểm"},
            choices=(
                (
                    "quintiles",
                    {
                        "en": "A fifth of the customers for each score, found anew every night",
                        "vi": "Mỗi mức điểm một phần năm khách hàng, tính lại mỗi đêm",
                    },
                ),
                ("thresholds", {"en": "By thresholds of my own", "vi": "Theo ngưỡng tự đặt"}),
            ),
        ),
        Field("thresholds", "rfm_thresholds", {"en": "Thresholds", "vi": "Ngưỡng"}),
        Field("groups", "rfm_groups", {"en": "Groups", "vi": "Nhóm"}),
        Field("boundaries", "made", {"en": "Boundaries found by Quen", "vi": "Ranh giới do Quen tính"}),
    )

    def parse(self, spec: Mapping[str, Any], place: Place) -> Settings:
        check_fields(spec, place, tuple(field.key for field in self.fields))
        given = {"property": USUAL_PROPERTY, "within": USUAL_WINDOW, **spec}
        orders = parse_question(given, place, has_property=True, more=_OWN)
        scoring = spec.get("scoring", "quintiles")
        if scoring not in SCORINGS:
            raise place["scoring"].error(N_("one of: {known}"), known=", ".join(SCORINGS))
        boundaries, made_at, people = None, 0, 0
        if scoring == "thresholds":
            boundaries = _parse_thresholds(required(spec, "thresholds", place), place["thresholds"])
        elif spec.get("boundaries") is not None:
            boundaries, made_at, people = _parse_made(spec["boundaries"], place["boundaries"])
        return Settings(
            orders,
            scoring,
            boundaries,
            made_at,
            people,
            parse_groups(spec["groups"], place["groups"]) if spec.get("groups") is not None else DEFAULT,
        )

    def to_json(self, operand: Settings) -> dict[str, Any]:
        spec = {**operand.orders.to_json(), "scoring": operand.scoring}
        if operand.boundaries is not None:
            separate = to_json(operand.boundaries)
            if operand.scoring == "thresholds":
                spec["thresholds"] = {**separate, "recency": [duration_text(span) for span in separate["recency"]]}
            else:
                spec["boundaries"] = {**separate, "at": operand.made_at, "people": operand.people}
        if operand.groups != DEFAULT:
            spec["groups"] = [group.to_json() for group in operand.groups]
        return spec

    def follows(self, operand: Settings, zone: ZoneInfo) -> Sequence[Followed]:
        orders = operand.orders
        fold = Orders(orders.property, orders.window.span, operand.boundaries, operand.groups)
        return (orders.followed("orders", fold),)

    def live(self, operand: Settings, wiring: Wiring) -> Answer:
        followed = self.follows(operand, wiring.zone)[0]
        number, truth = wiring.follow_events(followed), followed.fold.truth

        def answer(state: LiveState, person: Person, now: int) -> tuple[Any, int]:
            return truth(state.atom(number), now)

        return answer

    def sql(self, operand: Settings, context: SqlContext) -> str:
        if operand.boundaries is None:
            return "SELECT toUInt64(0) AS person, CAST([] AS Array(UInt64)) AS result WHERE false"
        recency, frequency, monetary = (
            f"CAST([{', '.join(values)}] AS Array({type_}))"
            for values, type_ in (
                (map(str, operand.boundaries.recency), "Int64"),
                (map(str, operand.boundaries.frequency), "Int64"),
                (map(wide, operand.boundaries.monetary), "Int128"),
            )
        )
        return (
            "SELECT person, scores AS result FROM ("
            f"SELECT person, [1 + arrayCount(age -> {context.now} - result.1 < age, {recency}),"
            f" 1 + arrayCount(least -> result.2 >= least, {frequency}),"
            f" 1 + arrayCount(least -> result.3 >= least, {monetary})] AS scores FROM ({operand.per_person(context)}))"
        )

    def of_sql(self, operand: Settings, result: Any, now: int) -> Any:
        if result is None:
            return None
        r, f, m = (int(score) for score in result)
        return value_of(r, f, m, operand.groups)

    def words(self, operand: Settings, language: str) -> str:
        said = operand.orders.words("{events}", language)
        if language == "vi":
            how = {"quintiles": "mỗi mức điểm là một phần năm khách hàng", "thresholds": "theo ngưỡng tự đặt"}
            return f"điểm RFM theo {said}; số tiền là {operand.orders.property}; {how[operand.scoring]}"
        how = {"quintiles": "each score is a fifth of the customers", "thresholds": "by thresholds of your own"}
        return f"RFM scores by {said}; the amount is {operand.orders.property}; {how[operand.scoring]}"

    def said(self, value: Any, language: str) -> str:
        if not isinstance(value, Mapping):
            return ""
        return (
            f"{group_name(str(value.get('group')), language)} (R{value.get('r')} F{value.get('f')} M{value.get('m')})"
        )

    def events(self, operand: Settings) -> frozenset[str]:
        return frozenset(operand.orders.names)


def to_json(boundaries: Boundaries) -> dict[str, list[Any]]:
    """Ages in ms, numbers of orders, amounts."""
    return {
        "recency": list(boundaries.recency),
        "frequency": list(boundaries.frequency),
        "monetary": [amount(value) for value in boundaries.monetary],
    }


def amount(value: int) -> int | float:
    """Of millionths."""
    return value // SCALE if value % SCALE == 0 else value / SCALE


def _parse_thresholds(value: Any, place: Place) -> Boundaries:
    """Four of each, ascending: what separates the five scores."""
    if not isinstance(value, Mapping):
        raise place.error(N_("an object with recency, frequency and monetary is needed"))
    check_fields(value, place, ("recency", "frequency", "monetary"))
    parts = [_parse_four(required(value, key, place), place[key]) for key in ("recency", "frequency", "monetary")]
    recency = [duration(item, place["recency"][at]) for at, item in enumerate(parts[0])]
    frequency = [number(item, place["frequency"][at]) for at, item in enumerate(parts[1])]
    monetary = [round(number(item, place["monetary"][at]) * SCALE) for at, item in enumerate(parts[2])]
    for at, count in enumerate(frequency):
        if not (isinstance(count, int) and 0 < count <= MAX_WINDOW_COUNT):
            raise place["frequency"][at].error(N_("a whole number from 1 is needed"))
    for key, values in (("recency", recency), ("frequency", frequency), ("monetary", monetary)):
        for at in range(1, 4):
            if values[at] <= values[at - 1]:
                raise place[key][at].error(N_("each must be greater than the one before"))
    return Boundaries(tuple(recency), tuple(int(count) for count in frequency), tuple(monetary))


def _parse_four(value: Any, place: Place) -> list[Any]:
    if not isinstance(value, list) or len(value) != 4:
        raise place.error(N_("four values are needed: they separate five scores"))
    return value


def _parse_made(value: Any, place: Place) -> tuple[Boundaries, int, int]:
    """What rfm_boundaries.py wrote."""
    if not isinstance(value, Mapping):
        raise place.error(N_("leave this out: Quen finds it"))
    check_fields(value, place, ("recency", "frequency", "monetary", "at", "people"))
    parts: list[list[int]] = []
    for key, scale in (("recency", 1), ("frequency", 1), ("monetary", SCALE)):
        given = value.get(key)
        if not isinstance(given, list) or len(given) > 4:
            raise place[key].error(N_("leave this out: Quen finds it"))
        parts.append(sorted(round(number(item, place[key]) * scale) for item in given))
    at, people = (number(value.get(key, 0), place[key]) for key in ("at", "people"))
    return Boundaries(tuple(parts[0]), tuple(parts[1]), tuple(parts[2])), int(at), int(people)


KIND = Rfm()
