"""Liquid in a closed room: no files, no attributes of Python objects, bounded loops, sizes and time. Pure.

Values are data: they are put into the finished text and never read as a template again. They
are escaped for where they go (HTML, a string in JSON); there is no filter that switches this off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import lru_cache, wraps
from io import StringIO
from typing import Any, Literal, TextIO
from zoneinfo import ZoneInfo

import msgspec
from django.utils.translation import gettext_noop
from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.expression import Expression
from liquid.filter import with_context
from liquid.output import LimitedStringIO
from liquid.undefined import Undefined

from quen.cleaning.times import parse_when
from quen.delivery.errors import TemplateError
from quen.delivery.formats import date_text, given_name, number_text, vnd_text

MAX_SOURCE = 200_000  # characters of a template
MAX_OUTPUT = 500_000  # bytes
MAX_TEXT = 200_000  # characters of any value on the way
MAX_ITEMS = 2_000  # of a list, of nested loops together
MAX_INT_BITS = 256
MAX_SECONDS = 2.0  # of this thread's time: a machine with too much to do must not fail what it sends

# `safe` would print data unescaped; the others read or write program text.
_REMOVED_FILTERS = ("safe", "escapejs")
_REMOVED_TAGS = ("include", "render")


Form = Literal["html", "text", "json"]


class LiquidWarning(msgspec.Struct, frozen=True):
    """A name that stood for nothing, and the template's line."""

    name: str
    line: int | None


class _Pass:
    """One rendering: until when, and what was missing."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.until = time.thread_time() + MAX_SECONDS
        self.missing: dict[LiquidWarning, None] = {}

    def check_time(self) -> None:
        if time.thread_time() > self.until:
            raise ResourceLimitError(f"rendering took longer than {MAX_SECONDS:.0f} s", token=None)


_current: ContextVar[_Pass] = ContextVar("quen_liquid_pass")


def render(
    source: str, data: Mapping[str, Any], *, zone: ZoneInfo, form: Form, place: str
) -> tuple[str, list[LiquidWarning]]:
    """Fill a template with JSON-like data. Raises TemplateError with `place` and, where known, the line."""
    template = _parse(source, form, place)
    token = _current.set(this := _Pass(zone))
    try:
        text = template.render(**{"now": datetime.now(zone), **data})
    except LiquidError as error:
        raise _template_error(error, place) from error
    except (ArithmeticError, ValueError, TypeError, LookupError, RecursionError, OverflowError) as error:
        raise TemplateError("%(error)s", {"error": str(error)}, place=place) from error
    finally:
        _current.reset(token)
    return text, list(this.missing)


def check(source: str, *, form: Form, place: str) -> None:
    """Raises TemplateError when the template does not parse."""
    _parse(source, form, place)


@lru_cache(maxsize=256)
def _parse(source: str, form: Form, place: str) -> BoundTemplate:
    if len(source) > MAX_SOURCE:
        raise TemplateError(gettext_noop("the template is too long; make it shorter"), place=place)
    try:
        template = _environment(form).from_string(source)
    except LiquidError as error:
        raise _template_error(error, place) from error
    for node in template.nodes:
        _bound_ranges(node)
    # The library notices an unknown filter only when it comes to it: not in a branch that this person does not take.
    for name, spans in template.analyze(include_partials=False).filters.items():
        if name not in template.env.filters:
            line = source.count("\n", 0, spans[0].index) + 1
            raise TemplateError(gettext_noop("unknown filter '%(name)s'"), {"name": name}, place=place, line=line)
    return template


def _template_error(error: LiquidError, place: str) -> TemplateError:
    line: int | None = None
    try:
        if where := error.context():
            line = where[0]
    except ValueError:  # the library lost the place
        pass
    return TemplateError("%(error)s", {"error": str(error.message or type(error).__name__)}, place=place, line=line)


class _Missing(Undefined):
    """Prints as nothing and is remembered."""

    def __str__(self) -> str:
        self._note()
        return ""

    def __iter__(self) -> Any:
        self._note()
        return iter([])

    def _note(self) -> None:
        line = self.token.source.count("\n", 0, self.token.start_index) + 1 if self.token else None
        name = (self.hint or self.name).removesuffix(" is undefined").strip("'")
        if current := _current.get(None):
            current.missing.setdefault(LiquidWarning(name, line))


class _Buffer(LimitedStringIO):
    def write(self, text: str, /) -> int:
        if current := _current.get(None):
            current.check_time()
        return super().write(text)


class _Template(BoundTemplate):
    def _get_buffer(self) -> StringIO:
        return _Buffer(limit=MAX_OUTPUT, newline="")


class _SafeEnvironment(Environment):
    loop_iteration_limit = MAX_ITEMS
    output_stream_limit = MAX_OUTPUT
    local_namespace_limit = 4 * MAX_TEXT
    context_depth_limit = 20
    block_nesting_limit = 20
    template_class = _Template


@lru_cache(maxsize=3)
def _environment(form: Form) -> Environment:
    env = _SafeEnvironment(autoescape=form == "html", undefined=_Missing)
    for name in _REMOVED_TAGS:
        del env.tags[name]
    for name in _REMOVED_FILTERS:
        del env.filters[name]
    env.add_filter("date", _date)
    env.add_filter("vnd", lambda value: vnd_text(value) if value is not None else "")
    env.add_filter("number", lambda value: number_text(value) if value is not None else "")
    env.add_filter("given_name", lambda value: given_name(str(value)) if value is not None else "")
    if form == "json":
        env.add_tag(_JsonOutput)
        env.add_filter("json", lambda value: _JsonText(_encode_json(value)))
        for name in ("echo", "liquid", "cycle"):  # they print by themselves, unescaped
            del env.tags[name]
    for name, function in list(env.filters.items()):
        env.filters[name] = _guarded(function)
    return env


class _JsonText(str):
    """JSON already: printed as it is."""

    __slots__ = ()


class _JsonOutputNode(OutputNode):
    """`"{{ name }}"` in JSON: a text is escaped so that it cannot leave its quotes; `| json` prints any value whole."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        if isinstance(value, _JsonText):
            return buffer.write(value)
        if value is None or isinstance(value, Undefined):
            return buffer.write(str(value or ""))
        if isinstance(value, (bool, int, float, list, dict)):
            return buffer.write(_encode_json(value))
        return buffer.write(_encode_json(str(value))[1:-1])


class _JsonOutput(Output):
    node_class = _JsonOutputNode


def _encode_json(value: Any) -> str:
    if isinstance(value, Undefined):
        value = None
    return msgspec.json.encode(value, enc_hook=str).decode()


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Bound what goes into a filter and what comes out: chained filters must not grow a value without end."""

    @wraps(function)  # copies the marks by which the library passes its environment
    def guarded(value: Any, *args: Any, **kwargs: Any) -> Any:
        if current := _current.get(None):
            current.check_time()
        longest = 0
        for argument in args:
            longest = max(longest, _bounded(argument))
        # replace and join multiply: the product is bounded before it is made
        if function.__name__ != "append" and _bounded(value) * longest > 50 * MAX_TEXT:
            raise ResourceLimitError("the result would be too long", token=None)
        result = function(value, *args, **kwargs)
        _bounded(result)
        return result

    return guarded


def _bounded(value: Any) -> int:
    """The size of a value. Raises ResourceLimitError beyond the limits."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise ResourceLimitError(f"a text of more than {MAX_TEXT:,} characters", token=None)
        return len(value)
    if isinstance(value, int):
        if value.bit_length() > MAX_INT_BITS:
            raise ResourceLimitError("a number that is too large", token=None)
        return 1
    if isinstance(value, (list, tuple, range)):
        if len(value) > MAX_ITEMS:
            raise ResourceLimitError(f"a list of more than {MAX_ITEMS:,} items", token=None)
        return len(value)
    return 1


class _BoundedRange(RangeLiteral):
    """`(1..n)` is a list only as long as loops may be; the library would make any."""

    def _make_range(self, start: Any, stop: Any) -> range:
        made = super()._make_range(start, stop)
        if made.stop - made.start > MAX_ITEMS:
            raise ResourceLimitError(f"a range of more than {MAX_ITEMS:,} numbers", token=self.token)
        return made


def _bound_ranges(node: Node) -> None:
    context = RenderContext(_environment("text").from_string(""))
    for expression in node.expressions():
        _bound_in(expression)
    for child in node.children(context, include_partials=False):
        _bound_ranges(child)


def _bound_in(expression: Expression) -> None:
    for slot in _slots(type(expression)):
        inner = getattr(expression, slot, None)
        if isinstance(inner, RangeLiteral):
            setattr(expression, slot, _BoundedRange(inner.token, inner.start, inner.stop))
        elif isinstance(inner, list):
            inner[:] = [_BoundedRange(i.token, i.start, i.stop) if isinstance(i, RangeLiteral) else i for i in inner]
    for child in expression.children():
        _bound_in(child)


def _slots(kind: type) -> Iterable[str]:
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots


@with_context
def _date(value: Any, pattern: Any = "%d/%m/%Y", *, context: RenderContext) -> str:
    """A moment or day in the workspace's time zone. Text, seconds or milliseconds; what is no time stays as it is."""
    zone = _current.get().zone
    if isinstance(value, str) and str(value) in {"now", "today"}:
        value = datetime.now(zone)
    if isinstance(value, datetime):
        moment = value.astimezone(zone) if value.tzinfo else value.replace(tzinfo=zone)
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=zone)
    else:
        plain = str(value) if isinstance(value, str) else value
        ms = parse_when(plain, zone=zone) if isinstance(plain, (str, int, float)) else None
        if ms is None:
            return "" if value is None or isinstance(value, Undefined) else str(value)
        moment = datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)
    return date_text(moment, str(pattern))
