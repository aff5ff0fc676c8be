"""What a source declares of how its data is written: kept in its settings, used by the engine and by imports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

import msgspec
import phonenumbers

from quen.cleaning import Locale
from quen.config import Config
from quen.connectors.models import Source
from quen.errors import InvalidInput

_CURRENCY = re.compile(r"[A-Z]{3}")
FIELDS = ("region", "day_first", "currency", "decimal", "zone")


def workspace_locale(config: Config) -> Locale:
    """That of a source which declares nothing."""
    return Locale(region=config.phone_region, currency=config.currency, zone=config.timezone)


def locale_of(source: Source, config: Config) -> Locale:
    return _over(workspace_locale(config), source.settings)


def locales(config: Config) -> dict[int, Locale]:
    """Source id → its locale, of all sources."""
    usual = workspace_locale(config)
    return {id_: _over(usual, settings) for id_, settings in Source.objects.values_list("id", "settings")}


def _over(usual: Locale, settings: Mapping[str, Any]) -> Locale:
    declared = settings.get("locale")
    return msgspec.structs.replace(usual, **declared) if declared else usual


def declare(source: Source, given: Mapping[str, Any]) -> None:
    """Take over what is in `given` into the source's settings, not saved; None or "" goes back to the workspace's.

    Raises InvalidInput that names the field.
    """
    declared = dict(source.settings.get("locale") or {})
    for name, value in given.items():
        if value is None or value == "":
            declared.pop(name, None)
        else:
            declared[name] = _checked(name, value)
    source.settings = {**source.settings, "locale": declared}


def _checked(name: str, value: Any) -> Any:
    text = value.strip() if isinstance(value, str) else ""
    if name == "region" and text.upper() in phonenumbers.SUPPORTED_REGIONS:
        return text.upper()
    if name == "currency" and _CURRENCY.fullmatch(text.upper()):
        return text.upper()
    if name == "decimal" and text in (",", "."):
        return text
    if name == "zone" and text in available_timezones():
        return text
    if name == "day_first" and isinstance(value, bool):
        return value
    raise InvalidInput(f"{name}: {_EXPECTED.get(name, 'there is no such setting')}", details={name: "unknown"})


_EXPECTED = {
    "region": "a country of ISO 3166, such as VN",
    "currency": "a currency of ISO 4217, such as VND",
    "decimal": 'the decimal sign, "," or "."',
    "zone": "a time zone, such as Asia/Ho_Chi_Minh",
    "day_first": "true or false",
}
