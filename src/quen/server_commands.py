"""Commands about the installation itself: up, init, sources, keys, replay, doctor, check."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from quen.config import config, default_data_dir
from quen.errors import ConfigError, InvalidInput
from quen.findings import Finding

Subparsers = Any  # argparse's own type is private


def register(subparsers: Subparsers) -> None:
    up = _command(subparsers, "up", "Run everything on this machine.", run_up)
    up.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    up.add_argument("--port", type=int, default=8000, help="console and API (default 8000)")
    up.add_argument("--edge-port", type=int, default=8001, help="edge: SDKs, opens, clicks (default 8001)")

    for role in ("edge", "worker", "web"):
        single = _command(subparsers, role, f"Run only the {role} (needs PostgreSQL, ClickHouse and Kafka).", run_role)
        single.set_defaults(role=role)

    init = _command(subparsers, "init", "Prepare a data directory and its first user, an owner.", run_init)
    init.add_argument("--email", required=True)
    init.add_argument("--password-env", metavar="VAR", help="environment variable that holds the password")

    sources = _command(subparsers, "sources", "Sources of data and their write keys.", None)
    actions = sources.add_subparsers(required=True, metavar="ACTION")
    create = _command(actions, "create", "Make a source; prints its write key.", run_sources_create)
    create.add_argument("--name", required=True)
    create.add_argument("--kind", choices=["browser", "server"], default="server")
    create.add_argument("--json", action="store_true")
    _command(actions, "list", "All sources.", run_sources_list).add_argument("--json", action="store_true")

    keys = _command(subparsers, "keys", "API keys.", None)
    key_actions = keys.add_subparsers(required=True, metavar="ACTION")
    key = _command(key_actions, "create", "Make an API key; it is shown once.", run_keys_create)
    key.add_argument("--name", required=True)
    key.add_argument("--role", required=True)
    key.add_argument("--json", action="store_true")

    replay = _command(
        subparsers, "replay", "Take the journal again from a time; what is stored is not doubled.", run_replay
    )
    replay.add_argument("--from", dest="since", required=True, metavar="T", help="RFC 3339, e.g. 2026-11-01T00:00:00Z")
    replay.add_argument("--json", action="store_true")

    _command(subparsers, "doctor", "Look for what is wrong with an installation.", run_doctor)
    _command(subparsers, "check", "Check settings, rules and journeys without starting anything.", run_check)


def _command(subparsers: Subparsers, name: str, text: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=text, description=text)
    parser.add_argument("--data", metavar="DIR", help="data directory (default: QUEN_DATA_DIR, else ./quen-data)")
    if run is not None:
        parser.set_defaults(run=run)
    return parser


def run_up(arguments: argparse.Namespace) -> int:
    from quen import server
    from quen.logs import configure

    configure()

    def ready() -> None:
        print(f"console  http://{arguments.host}:{arguments.port}", flush=True)
        print(f"edge     http://{arguments.host}:{arguments.edge_port}", flush=True)

    _default_urls(arguments.host, arguments.port, arguments.edge_port)
    server.up(config(), host=arguments.host, port=arguments.port, edge_port=arguments.edge_port, ready=ready)
    return 0


def _default_urls(host: str, port: int, edge_port: int) -> None:
    """Links in pages and messages lead to where this Quen listens, unless a person said otherwise."""
    from quen.config import is_set

    for name, number in (("BASE_URL", port), ("EDGE_URL", edge_port)):
        if not is_set(name):
            os.environ[f"QUEN_{name}"] = f"http://{host}:{number}"
    config.cache_clear()


def run_role(arguments: argparse.Namespace) -> int:
    settings = config()
    embedded = [
        name
        for name, value in (
            ("DATABASE_URL", settings.database_url),
            ("CLICKHOUSE_URL", settings.clickhouse_url),
            ("KAFKA_BROKERS", settings.kafka_brokers),
        )
        if not value
    ]
    if embedded:
        raise ConfigError(
            f"`quen {arguments.role}` runs one role of several machines and needs {', '.join(embedded)}: an embedded"
            " store belongs to one machine. Use `quen up` on this one."
        )
    raise ConfigError(f"`quen {arguments.role}` is not available in this version: use `quen up`.")


def run_init(arguments: argparse.Namespace) -> int:
    from quen.server import migrate

    settings = config()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrate()
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from quen.accounts.models import User
    from quen.computed import recipes

    try:
        validate_email(arguments.email)
    except ValidationError:
        raise InvalidInput(f"--email: {arguments.email!r} is not an e-mail address") from None
    if User.objects.filter(email=arguments.email.lower()).exists():
        raise InvalidInput(f"there is already a user {arguments.email} in {settings.data_dir}")
    password = _password(arguments.password_env)
    try:
        validate_password(password)
    except ValidationError as error:
        raise InvalidInput("the password will not do: " + " ".join(error.messages)) from None
    if not User.objects.exists():  # a new workspace
        recipes.begin()
    User.objects.create_user(arguments.email, password, role="owner")
    print(f"{settings.data_dir} is ready; {arguments.email} is its owner. Next: quen up --data {settings.data_dir}")
    return 0


def _password(variable: str | None) -> str:
    if variable:
        password = os.environ.get(variable)
        if not password:
            raise InvalidInput(f"--password-env: the environment variable {variable} is empty or not set")
        return password
    if not sys.stdin.isatty():
        raise InvalidInput("no terminal to ask for a password: give --password-env VAR")
    return getpass.getpass("Password: ")


def run_sources_create(arguments: argparse.Namespace) -> int:
    _open_state()
    from quen.connectors.service import create_source

    source = create_source(arguments.name, arguments.kind)
    if arguments.json:
        print(json.dumps(_source(source)))
    else:
        print(f"{source.name} ({source.kind}): write key {source.write_key}")
    return 0


def run_sources_list(arguments: argparse.Namespace) -> int:
    _open_state()
    from quen.connectors.models import Source

    sources = [_source(s) for s in Source.objects.order_by("id")]
    if arguments.json:
        print(json.dumps({"items": sources, "next": None}))
    else:
        for source in sources:
            print(f"{source['id']}  {source['kind']:8} {source['write_key']}  {source['name']}")
    return 0


def _source(source: Any) -> dict[str, Any]:
    return {
        "id": str(source.id),
        "name": source.name,
        "kind": source.kind,
        "write_key": source.write_key,
        "enabled": source.enabled,
    }


def run_keys_create(arguments: argparse.Namespace) -> int:
    _open_state()
    from quen.accounts.keys import create_key

    key, secret = create_key(arguments.name, arguments.role)
    if arguments.json:
        print(json.dumps({"id": str(key.id), "name": key.name, "role": key.role, "key": secret}))
    else:
        print(f"{secret}\nKeep it now: only its fingerprint is stored.")
    return 0


def run_replay(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from quen import server

    try:
        since = datetime.fromisoformat(arguments.since)
    except ValueError:
        raise InvalidInput(f"--from: {arguments.since!r} is not a time; write it as 2026-11-01T00:00:00Z") from None
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    settings = config()
    with server.hold_data_dir(settings):
        server.migrate()
        from quen.engine.replay import replay

        replayed = replay(settings, int(since.timestamp() * 1000), _replaying(arguments.json))
    if arguments.json:
        print(json.dumps(replayed._asdict()))
        return 0
    print(f"{replayed.entries} journal entries taken again; what was stored already was not stored twice")
    print(f"{replayed.stored} messages stored that were not before; {replayed.quarantined} are in quarantine")
    return 0


def _replaying(quiet: bool) -> Callable[[int, int], None]:
    """One line that moves, on a terminal only."""
    show = sys.stderr.isatty() and not quiet

    def say(done: int, of: int) -> None:
        if show:
            end = "\r\x1b[K" if done >= of else ""
            print(f"\r\x1b[K{done:,} of {of:,} entries{end}", end="", file=sys.stderr, flush=True)

    return say


def run_doctor(arguments: argparse.Namespace) -> int:
    from quen.backup import checking, manifest

    if manifest.is_backup(default_data_dir()):  # read back against its manifest; nothing in it is changed
        return _told(checking.check(default_data_dir()))
    _open_state()
    from quen.engine.doctor import examine

    return _told(examine(config()))


def _told(findings: list[Finding]) -> int:
    for finding in findings:
        print(("ok    " if finding.well else "WRONG ") + finding.text)
    return 0 if all(f.well for f in findings) else 1


def run_check(arguments: argparse.Namespace) -> int:
    _open_state()
    from quen.engine.doctor import check_definitions

    return _told(check_definitions())


def _open_state() -> None:
    """Django on an existing data directory; its schema is brought up to date if this Quen is newer."""
    settings = config()
    if not settings.database_url and not settings.state_path.exists():
        raise ConfigError(
            f"{settings.data_dir} holds no Quen yet. Run: quen init --email YOU --data {settings.data_dir}"
        )
    from quen.server import migrate

    migrate()
