"""Filters and tags of the console: `{% load quen %}`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, RadioSelect, Select
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext, pgettext

from quen.config import config
from quen.ids import now_ms
from quen.web.status import status_look
from quen.web.times import local, rfc3339

register = template.Library()

NO_VALUE = "–"
_NARROW = "\u00a0"


@register.filter
def localtime(ms: int | None, style: str = "minute") -> str:
    """Milliseconds in the workspace's zone: `31/01/2026 09:30`. Styles: minute, second, date, time, day (Thứ Bảy…)."""
    if ms is None:
        return NO_VALUE
    moment = local(int(ms))
    if style == "day":
        names = [
            gettext("Monday"),
            gettext("Tuesday"),
            gettext("Wednesday"),
            gettext("Thursday"),
            gettext("Friday"),
            gettext("Saturday"),
            gettext("Sunday"),
        ]
        return f"{names[moment.weekday()]}, {moment:%d/%m/%Y}"
    patterns = {"minute": "%d/%m/%Y %H:%M", "second": "%d/%m/%Y %H:%M:%S", "date": "%d/%m/%Y", "time": "%H:%M"}
    return moment.strftime(patterns[style])


@register.filter
def ago(ms: int | None) -> str:
    """`5 minutes ago`, `in 3 hours`; beyond 30 days the date."""
    if ms is None:
        return NO_VALUE
    seconds = (now_ms() - int(ms)) / 1000
    future, seconds = seconds < 0, abs(seconds)
    if seconds < 45:
        return gettext("just now") if not future else gettext("in a moment")
    if seconds < 3600:
        count = max(1, round(seconds / 60))
        span = ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
    elif seconds < 86400:
        count = round(seconds / 3600)
        span = ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    elif seconds < 30 * 86400:
        count = round(seconds / 86400)
        span = ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    else:
        return localtime(ms, "date")
    return (gettext("in %(span)s") if future else gettext("%(span)s ago")) % {"span": span}


@register.simple_tag
def moment(ms: int | None) -> SafeString | str:
    """`<time>` that says how long ago, with the exact local time on hover. `{% moment event.at %}`"""
    if ms is None:
        return NO_VALUE
    return format_html('<time datetime="{}" title="{}">{}</time>', rfc3339(int(ms)), localtime(ms, "second"), ago(ms))


@register.filter
def number(value: Any, decimals: int = 0) -> str:
    """1234567.5 → `1.234.568` (vi) or `1,234,568` (en)."""
    if value is None or value == "":
        return NO_VALUE
    try:
        text = f"{Decimal(str(value)):,.{decimals}f}"
    except (InvalidOperation, ValueError):
        return str(value)
    return text if get_language() == "en" else text.translate(str.maketrans(",.", ".,"))


@register.filter
def percent(value: Any, decimals: int = 1) -> str:
    """0.1234 → `12,3%`."""
    return NO_VALUE if value is None else f"{number(float(value) * 100, decimals)}%"


@register.filter
def share(part: float, whole: float) -> str:
    """`{{ opened|share:sent }}` → `12,3%`; nothing of nothing is `–`."""
    return percent(part / whole) if whole else NO_VALUE


@register.filter
def money(value: Any, currency: str = "") -> str:
    """An amount with its currency, the workspace's by default: `1.250.000 ₫`."""
    currency = currency or str(config().currency)
    if value is None or value == "":
        return NO_VALUE
    if currency == "VND":
        return f"{number(value)}{_NARROW}₫"
    return f"{number(value, 2)}{_NARROW}{currency}"


@register.filter
def vnd(value: Any) -> str:
    """Đồng: `1.250.000 ₫`."""
    return money(value, "VND")


@register.filter
def badge(status: str) -> SafeString:
    """A status as a small coloured label in the viewer's language. Statuses and colours: quen.web.status."""
    label, colour = status_look(str(status))
    return format_html('<span class="badge bg-{}-lt">{}</span>', colour, label)


@register.filter
def role_name(role: str) -> str:
    from quen.accounts.roles import ROLE_NAMES

    return str(ROLE_NAMES.get(role, role))


@register.filter
def control(field: BoundField) -> SafeString:
    """A form field's input with Tabler's classes and, when it is wrong, what a screen reader needs."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput | RadioSelect):
        css = "form-check-input"
    elif isinstance(widget, Select):
        css = "form-select"
    else:
        css = "form-control"
    attrs: dict[str, str | bool] = {"class": f"{widget.attrs.get('class', '')} {css}".strip()}
    described = []
    if field.help_text:
        described.append(f"{field.id_for_label}_help")
    if field.errors:
        attrs["class"] = f"{attrs['class']} is-invalid"
        attrs["aria-invalid"] = "true"
        described.append(f"{field.id_for_label}_error")
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def initials(name: str) -> str:
    """Up to two letters for an avatar: `Nguyễn Thị Lan` → `NL`, an e-mail its first letter."""
    words = [word for word in str(name).split("@")[0].replace(".", " ").split() if word]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.simple_tag(takes_context=True)
def query(context: template.RequestContext, **changes: Any) -> str:
    """The address's query with some parts changed (None removes): `<a href="{% query tab='orders' next=None %}">`."""
    request = context["request"]
    params: QueryDict = request.GET.copy()
    for name, value in changes.items():
        if value is None or value == "":
            params.pop(name, None)
        else:
            params[name] = str(value)
    return "?" + params.urlencode()


@register.filter
def backticks(text: str) -> SafeString:
    """Words in `backticks` as code, everything escaped."""
    parts = [format_html("<code>{}</code>" if at % 2 else "{}", part) for at, part in enumerate(text.split("`"))]
    return mark_safe("".join(parts))  # noqa: S308 (every part was escaped just now)


@register.filter
def yes_no(value: object) -> str:
    return pgettext("answer", "Yes") if value else pgettext("answer", "No")
