"""`lifecycle`: the stage in which a customer is, from when they were active (`computed.lifecycle`).

`{"kind": "lifecycle", "event": ["Order Completed"], "new": "30d", "active": "60d", "lapsed": "180d",
"returning": "30d"}`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.computed.kinds.base import Answer, Field, Kind
from quen.computed.kinds.events import EVENT, WHERE, Question, parse_question
from quen.computed.lifecycle import NAMES, Lifecycle, Spans
from quen.segments import words
from quen.segments.columns import instant
from quen.segments.conditions.base import Followed, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import N_, Place, check_fields, duration, duration_text

DEFAULTS = {"new": "30d", "active": "60d", "lapsed": "180d", "returning": "30d"}


class Settings(msgspec.Struct, frozen=True):
    activity: Question
    spans: Spans
    prospects: bool


class LifecycleKind(Kind):
    name = "lifecycle"
    order = 110
    label = {"en": "Lifecycle stage", "vi": "Giai đoạn vòng đời"}
    help = {
        "en": "Prospect, new, active, returning, at risk or lapsed, by when somebody was last active.",
        "vi": "Tiềm năng, mới, đang hoạt động, quay lại, có nguy cơ rời bỏ hay đã rời bỏ, theo lần hoạt động gần nhất.",
    }
    gives = "text"
    named = {"": NAMES}
    fields = (
        msgspec.structs.replace(
            EVENT, label={"en": "What counts as being active", "vi": "Việc gì được tính là hoạt động"}
        ),
        WHERE,
        Field(
            "new",
            "duration",
            {"en": "New for", "vi": "Là khách mới trong"},
            help={"en": "after being active for the first time", "vi": "kể từ lần hoạt động đầu tiên"},
            usual=DEFAULTS["new"],
        ),
        Field(
            "active",
            "duration",
            {"en": "At risk after", "vi": "Có nguy cơ rời bỏ sau"},
            help={"en": "without being active; until then active", "vi": "không hoạt động; trước đó là đang hoạt động"},
            usual=DEFAULTS["active"],
        ),
        Field(
            "lapsed",
            "duration",
            {"en": "Lapsed after", "vi": "Đã rời bỏ sau"},
            help={"en": "without being active", "vi": "không hoạt động"},
            usual=DEFAULTS["lapsed"],
        ),
        Field(
            "returning",
            "duration",
            {"en": "Returning for", "vi": "Là khách quay lại trong"},
            help={"en": "after coming back from having lapsed", "vi": "kể từ khi hoạt động lại sau khi đã rời bỏ"},
            usual=DEFAULTS["returning"],
        ),
        Field(
            "prospects",
            "flag",
            {"en": "Call people who were never active prospects", "vi": "Gọi người chưa từng hoạt động là tiềm năng"},
            help={"en": "Otherwise they have no stage.", "vi": "Nếu không, họ không có giai đoạn nào."},
        ),
    )

    def parse(self, spec: Mapping[str, Any], place: Place) -> Settings:
        check_fields(spec, place, tuple(field.key for field in self.fields))
        activity = parse_question(spec, place, has_property=False, more=(*DEFAULTS, "prospects"))
        spans = Spans(**{key: duration(spec.get(key, usual), place[key]) for key, usual in DEFAULTS.items()})
        if spans.lapsed <= spans.active:
            raise place["lapsed"].error(N_("somebody lapses later than they become at risk: a longer time is needed"))
        prospects = spec.get("prospects", True)
        if not isinstance(prospects, bool):
            raise place["prospects"].error(N_("true or false is needed"))
        return Settings(activity, spans, prospects)

    def to_json(self, operand: Settings) -> dict[str, Any]:
        spans = {key: duration_text(getattr(operand.spans, key)) for key in DEFAULTS}
        return {**operand.activity.to_json(), **spans, "prospects": operand.prospects}

    def follows(self, operand: Settings, zone: ZoneInfo) -> Sequence[Followed]:
        fold = Lifecycle(operand.spans, operand.prospects)
        spans = ",".join(str(span) for span in msgspec.structs.astuple(operand.spans))
        return (operand.activity.followed(f"lifecycle:{spans}", fold),)

    def live(self, operand: Settings, wiring: Wiring) -> Answer:
        followed = self.follows(operand, wiring.zone)[0]
        number, truth = wiring.follow_events(followed), followed.fold.truth

        def answer(state: LiveState, person: Person, now: int) -> tuple[Any, int]:
            return truth(state.atom(number), now)

        return answer

    def sql(self, operand: Settings, context: SqlContext) -> str:
        spans, now = operand.spans, context.now
        # Of each person: the first time, the last, and those that may be returns, all in ms.
        recent = f"groupArrayIf(toUnixTimestamp64Milli(time), time > {instant(now - spans.returning - spans.lapsed)})"
        first, last = "toUnixTimestamp64Milli(min(time))", "toUnixTimestamp64Milli(max(time))"
        times = "arrayConcat([result.1], result.3)"
        return (
            f"SELECT person, stage AS result FROM (SELECT person, multiIf({now} >= result.2 + {spans.lapsed}, 'lapsed',"
            f" {now} >= result.2 + {spans.active}, 'at_risk',"
            f" arrayExists((at, gap) -> gap >= {spans.lapsed} AND {now} < at + {spans.returning}, {times},"
            f" arrayDifference({times})), 'returning', {now} < result.1 + {spans.new}, 'new', 'active') AS stage"
            f" FROM ({operand.activity.sql(f'({first}, {last}, arraySort({recent}))', context)}))"
        )

    def of_sql(self, operand: Settings, result: Any, now: int) -> Any:
        return ("prospect" if operand.prospects else None) if result is None else result

    def words(self, operand: Settings, language: str) -> str:
        active, lapsed = (words.span(span, language) for span in (operand.spans.active, operand.spans.lapsed))
        said = operand.activity.words("{events}", language)
        if language == "vi":
            return f"giai đoạn vòng đời theo {said}: có nguy cơ rời bỏ sau {active}, đã rời bỏ sau {lapsed}"
        return f"lifecycle stage by {said}: at risk after {active}, lapsed after {lapsed}"

    def events(self, operand: Settings) -> frozenset[str]:
        return frozenset(operand.activity.names)


KIND = LifecycleKind()
