"""The settings in force, as people may see them: no secret, and no password inside an address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from quen.config import SETTINGS, config

_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("workspace", ("WORKSPACE_NAME", "LANGUAGE", "TIMEZONE", "CURRENCY", "PHONE_REGION")),
    ("addresses", ("BASE_URL", "EDGE_URL")),
    ("mail", ("SMTP_URL", "EMAIL_FROM")),
    ("stores", ("DATABASE_URL", "CLICKHOUSE_URL", "KAFKA_BROKERS", "SECRET_KEY")),
)


def settings_in_force() -> list[dict[str, Any]]:
    """Groups of {title, settings: [{name, description, value, secret}]}; a secret's value is whether it is set."""
    labels = {
        "workspace": _("Workspace"),
        "addresses": _("Addresses"),
        "mail": _("E-mail"),
        "stores": _("Where data is kept"),
        "other": _("Limits and the rest"),
    }
    by_name = {setting.name: setting for setting in SETTINGS}
    placed = {name for _group, names in _GROUPS for name in names}
    groups = [*_GROUPS, ("other", tuple(name for name in by_name if name not in placed))]
    return [
        {"title": labels[group], "settings": [_shown(by_name[name]) for name in names if name in by_name]}
        for group, names in groups
    ]


def _shown(setting: Any) -> dict[str, Any]:
    value = getattr(config(), setting.name.lower())
    if setting.secret:
        value = bool(value)
    elif isinstance(value, str) and "://" in value:
        value = _without_password(value)
    return {
        "name": setting.name,
        "variable": f"QUEN_{setting.name}",
        "description": _(setting.description),
        "value": value,
        "secret": setting.secret,
    }


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if not parts.password:
        return url
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username}:•••@{host}").geturl()
