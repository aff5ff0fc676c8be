"""Every setting of Quen: typed, defaulted, described in one place.

Order of precedence: environment `QUEN_<NAME>`, then `quen.toml` in the data directory, then the default.
The reference page of settings is generated from `SETTINGS`.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from quen.errors import ConfigError


@dataclass(frozen=True)
class Setting:
    name: str
    parse: Callable[[str], Any]
    default: Any
    description: str
    secret: bool = False


def _text(value: str) -> str:
    return value.strip()


def _flag(value: str) -> bool:
    lowered = value.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("expected true or false")


def _zone(value: str) -> str:
    ZoneInfo(value.strip())
    return value.strip()


def _language(value: str) -> str:
    if value.strip() not in {"vi", "en"}:
        raise ValueError("expected vi or en")
    return value.strip()


SETTINGS: tuple[Setting, ...] = (
    Setting("DATABASE_URL", _text, "", "State database, `postgres://…`. Empty: SQLite in the data directory."),
    Setting("CLICKHOUSE_URL", _text, "", "Event store, `http://…`. Empty: chDB in the data directory."),
    Setting("KAFKA_BROKERS", _text, "", "Journal on Kafka. Empty: a SQLite file in the data directory."),
    Setting(
        "SECRET_KEY", _text, "", "Signs sessions and links. Empty: made once and kept in the data directory.", True
    ),
    Setting("BASE_URL", _text, "http://127.0.0.1:8000", "Where people open the console."),
    Setting("EDGE_URL", _text, "http://127.0.0.1:8001", "Where SDKs, opens, clicks and unsubscribes reach the edge."),
    Setting("TIMEZONE", _zone, "Asia/Ho_Chi_Minh", "The workspace's time zone: days and birthdays are counted in it."),
    Setting("CURRENCY", _text, "VND", "ISO 4217 currency of amounts that name none."),
    Setting("LANGUAGE", _language, "vi", "Language of the console for those who have not chosen: `vi` or `en`."),
    Setting("PHONE_REGION", _text, "VN", "Country (ISO 3166) of phone numbers written without a country code."),
    Setting("WORKSPACE_NAME", _text, "Quen", "Name of the company, shown in the console and in messages."),
    Setting(
        "SMTP_URL",
        _text,
        "",
        "Mail server, `smtp://user:password@host:587` or `smtps://…`. Empty: no e-mail is sent.",
        True,
    ),
    Setting("EMAIL_FROM", _text, "Quen <no-reply@localhost>", "From address of e-mails that name none."),
    Setting("JOURNAL_KEEP_DAYS", int, 7, "Journal entries that all readers have read are kept this long, for replay."),
    Setting(
        "JOURNAL_MAX_MB", int, 4096, "Journal size above which the edge answers 503 until the engine has caught up."
    ),
    Setting("QUARANTINE_KEEP_DAYS", int, 30, "Quarantined messages are kept this long."),
    Setting("EVENTS_KEEP_DAYS", int, 0, "Events older than this are deleted, whole months at a time. 0: never."),
    Setting("MESSAGES_KEEP_DAYS", int, 1095, "Messages that were sent are listed and counted this long. 0: for ever."),
    Setting("MESSAGE_BODIES_KEEP_DAYS", int, 365, "What a sent message said is kept this long. 0: for ever."),
    Setting("JOURNEY_STEPS_KEEP_DAYS", int, 730, "Steps of ended runs of journeys are kept this long. 0: for ever."),
    Setting(
        "COMPUTED_CHANGES_KEEP_DAYS", int, 730, "Earlier values of computed traits are kept this long. 0: for ever."
    ),
    Setting("IMPORT_FILES_KEEP_DAYS", int, 30, "Uploaded files and rejected rows are kept this long. 0: for ever."),
    Setting("BACKUP_DIR", _text, "", "Where scheduled backups go, each in a folder of its own. Empty: none are made."),
    Setting("BACKUP_EVERY_HOURS", int, 24, "How far apart scheduled backups are."),
    Setting("BACKUP_KEEP", int, 7, "How many scheduled backups are kept; older ones are removed after a good one."),
    Setting("BATCH_EVENTS", int, 8000, "Most messages the engine takes into one batch."),
    Setting(
        "TRUST_PROXY",
        _flag,
        False,
        "Believe the last address of `X-Forwarded-For`. Only behind a proxy that sets it and is the only way in.",
    ),
    Setting("ALLOW_PRIVATE_WEBHOOKS", _flag, False, "Let journey webhooks call private and loopback addresses."),
    Setting(
        "ALERT_EMAIL", _text, "", "Who is written to when something is wrong: e-mail addresses with commas between."
    ),
    Setting("ALERT_SLACK_URL", _text, "", "Incoming webhook of a Slack channel that gets the same alerts.", True),
    Setting("ALERT_LAG_SECONDS", int, 120, "How late events or segments may be before somebody is alerted."),
    Setting(
        "ALERT_FAILED_PERCENT", int, 20, "Share of sends, or of messages, that may fail before somebody is alerted."
    ),
    Setting("ALERT_DISK_PERCENT", int, 90, "How full the disk may be before somebody is alerted."),
    Setting("DEBUG", _flag, False, "Error pages with traces. Never in production."),
)
_BY_NAME = {s.name: s for s in SETTINGS}


class Config:
    """The settings in force. Attributes are the lower-case names: `config().smtp_url`."""

    def __init__(self, data_dir: Path, values: Mapping[str, Any]) -> None:
        self.data_dir = data_dir
        self._values = dict(values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name.upper()]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def journal_path(self) -> Path:
        return self.data_dir / "journal.db"

    @property
    def state_path(self) -> Path:
        return self.data_dir / "state.db"

    @property
    def events_path(self) -> Path:
        return self.data_dir / "events"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self._values["TIMEZONE"])


def default_data_dir() -> Path:
    return Path(os.environ.get("QUEN_DATA_DIR") or "quen-data").absolute()


def load(data_dir: Path, environ: Mapping[str, str]) -> Config:
    """Read the settings for a data directory. Raises ConfigError naming the setting and the file."""
    from_file: dict[str, Any] = {}
    toml_path = data_dir / "quen.toml"
    if toml_path.exists():
        try:
            from_file = {k.upper(): v for k, v in tomllib.loads(toml_path.read_text("utf-8")).items()}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{toml_path} is not valid TOML: {error}") from error
        unknown = sorted(set(from_file) - set(_BY_NAME))
        if unknown:
            raise ConfigError(f"{toml_path}: unknown setting {', '.join(unknown)}; see docs/reference/settings.md")
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        raw, where = setting.default, "default"
        if setting.name in from_file:
            raw, where = str(from_file[setting.name]), str(toml_path)
        if (given := environ.get(f"QUEN_{setting.name}")) is not None:
            raw, where = given, f"environment QUEN_{setting.name}"
        try:
            values[setting.name] = setting.parse(raw) if isinstance(raw, str) else raw
        except (ValueError, KeyError) as error:
            raise ConfigError(f"{setting.name} ({where}): {error}") from error
    if not values["SECRET_KEY"]:
        values["SECRET_KEY"] = _kept_secret(data_dir)
    return Config(data_dir, values)


def is_set(name: str) -> bool:
    """Whether a person set this one, in the environment or in quen.toml."""
    if f"QUEN_{name}" in os.environ:
        return True
    path = default_data_dir() / "quen.toml"
    return path.exists() and name in {k.upper() for k in tomllib.loads(path.read_text("utf-8"))}


def _kept_secret(data_dir: Path) -> str:
    path = data_dir / "secret_key"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes starting at once one writes, the other reads.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()


@lru_cache(maxsize=1)
def config() -> Config:
    return load(default_data_dir(), os.environ)
