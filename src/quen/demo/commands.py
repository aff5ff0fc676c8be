"""`quen demo`: the sample shop, running, without a question asked."""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import django

from quen.config import Config, config, default_data_dir
from quen.demo.catalogue import SHOP
from quen.demo.loading import DemoState, load
from quen.errors import ConfigError, InvalidInput
from quen.ids import now_ms
from quen.processes import Child
from quen.server import hold_data_dir, migrate, up

CUSTOMERS, DAYS, SEED = 2_500, 365, 7
HOUR_MS = 3_600_000


@dataclass
class Ports:
    console: int
    edge: int
    shop: int
    smtp: int


def register(subparsers: Any) -> None:
    text = "Run the sample shop: storefront, mailbox, customers and a year of their behaviour."
    parser = subparsers.add_parser("demo", help=text, description=text)
    parser.add_argument("--data", metavar="DIR", help="data directory (default: QUEN_DATA_DIR, else ./quen-data)")
    parser.add_argument("--customers", type=int, default=None, help=f"how many (default {CUSTOMERS}; only at first)")
    parser.add_argument(
        "--days", type=int, default=None, help=f"how many days of history (default {DAYS}; only at first)"
    )
    parser.add_argument("--port", type=int, help="console (default 8000, or the next free one)")
    parser.add_argument("--edge-port", type=int, help="edge (default 8001, or the next free one)")
    parser.add_argument("--shop-port", type=int, help="storefront and mailbox (default 8002, or the next free one)")
    parser.add_argument("--smtp-port", type=int, help="mail server (default 8025, or the next free one)")
    parser.add_argument("--quiet-shop", action="store_true", help="begin without simulated customers")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    for name in ("customers", "days"):
        given = getattr(arguments, name)
        if given is not None and not 1 <= given <= 1_000_000:
            raise InvalidInput(f"--{name}: a number from 1 to 1,000,000, not {given}")
    from quen.logs import configure

    configure()
    ports = _ports(arguments)
    settings = _settle(arguments, ports)
    path = settings.data_dir / "demo" / "state.json"
    with hold_data_dir(settings):
        state = _state(settings, arguments, path)
        _apart(_fill, path)
        state = DemoState.read(path) or state
    child = Child("shop", ["127.0.0.1", str(ports.shop), str(ports.smtp)], module="quen.demo.process")
    host = "127.0.0.1"

    def ready() -> None:
        threading.Thread(target=_announce, args=(settings, state, ports), daemon=True).start()

    up(settings, host=host, port=ports.console, edge_port=ports.edge, ready=ready, extra=[child])
    return 0


def _ports(arguments: argparse.Namespace) -> Ports:
    taken: set[int] = set()

    def choose(name: str, default: int) -> int:
        given: int | None = getattr(arguments, name)
        if given is not None:
            taken.add(given)
            return int(given)
        for port in range(default, default + 1000, 10):
            if port not in taken and _free(port):
                taken.add(port)
                return port
        raise ConfigError(f"no free port near {default}; name one with --port, --edge-port, --shop-port or --smtp-port")

    return Ports(
        choose("port", 8000),
        choose("edge_port", 8001),
        choose("shop_port", 8002),
        choose("smtp_port", 8025),
    )


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _settle(arguments: argparse.Namespace, ports: Ports) -> Config:
    """The settings of the demo, for this process and the ones it starts. Mail goes to the mailbox, always."""
    os.environ |= {
        "QUEN_BASE_URL": f"http://127.0.0.1:{ports.console}",
        "QUEN_EDGE_URL": f"http://127.0.0.1:{ports.edge}",
        "QUEN_SMTP_URL": f"smtp://127.0.0.1:{ports.smtp}",
        "QUEN_DEMO_SIMULATOR": "0" if arguments.quiet_shop else "1",
    }
    os.environ.setdefault("QUEN_WORKSPACE_NAME", SHOP)
    os.environ.setdefault("QUEN_EMAIL_FROM", f"{SHOP} <xinchao@tiemmay.example>")
    config.cache_clear()
    default_data_dir().mkdir(parents=True, exist_ok=True)
    return config()


def _state(settings: Config, arguments: argparse.Namespace, path: Path) -> DemoState:
    """What the data directory's shop is, or is to be."""
    state = DemoState.read(path)
    if state is None:
        if settings.state_path.exists():
            raise ConfigError(
                f"{settings.data_dir} holds a workspace that is not the sample shop; "
                "give another folder: quen demo --data DIR"
            )
        state = DemoState(
            seed=SEED,
            customers=arguments.customers or CUSTOMERS,
            days=arguments.days or DAYS,
            end_ms=now_ms() // HOUR_MS * HOUR_MS,
            password=f"may-{secrets.token_hex(4)}",
        )
        state.write(path)
    return state


def _apart(work: Callable[..., None], *arguments: Any) -> None:
    """In a process of its own, which takes its memory with it: this one stays as long as the shop is open."""
    process = get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def _fill(path: Path) -> None:
    """Make the workspace and its history, as far as they are not there."""
    migrate()
    state = DemoState.read(path)
    assert state is not None
    from quen.connectors.models import Source
    from quen.demo.behaviour import SOURCES
    from quen.demo.workspace import prepare
    from quen.journal import open_journal

    keys = prepare(state.password)
    if state.loaded_days < state.days:
        ids = dict(Source.objects.filter(write_key__in=keys.values()).values_list("write_key", "id"))
        journal = open_journal(config())
        line = _Line(f"Making up {state.customers:,} customers of {SHOP} and {state.days} days of what they did")
        load(
            state,
            path,
            {key: ids[keys[key]] for key in SOURCES},
            journal,
            lambda day: line.show(day * 100 // state.days),
        )
        line.end()
        journal.close()


def _announce(settings: Config, state: DemoState, ports: Ports) -> None:
    """Say where everything is as soon as it answers, then how far the engine is with the history."""
    places = [settings.base_url, settings.edge_url, f"http://127.0.0.1:{ports.shop}"]
    while not all(_answers(f"{place}/health") for place in places):
        time.sleep(0.25)
    shop = f"http://127.0.0.1:{ports.shop}"
    print(
        f"\n  {SHOP} is open.\n\n"
        f"  Shop      {shop}\n"
        f"  Console   {settings.base_url}      sign in as demo@quen.local with {state.password}\n"
        f"  Mailbox   {shop}/mailbox\n\n"
        "  Put something into the cart, leave your e-mail at the checkout and walk away: within about a minute you\n"
        "  are in the segment “Bỏ quên giỏ hàng” and a letter is in the mailbox. Ctrl+C stops; what is there stays.\n",
        flush=True,
    )
    line = _Line("Quen reads the history")
    from quen.journal.sqlite import SqliteJournal

    journal = SqliteJournal(settings.journal_path, max_bytes=1 << 62)
    begin = min(journal.readers().values(), default=0)
    while (done := min(journal.readers().values(), default=0)) < state.last_offset:
        line.show((done - begin) * 100 // max(1, state.last_offset - begin))
        time.sleep(0.5)
    journal.close()
    _apart(_define, shop)
    if begin < state.last_offset:
        line.end()


def _define(shop: str) -> None:
    django.setup()
    from quen.demo.workspace import define

    define(shop)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own addresses
            return bool(answer.status == 200)
    except OSError:
        return False


class _Line:
    """One line of progress: it moves on a terminal, and is written once elsewhere."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._moves = sys.stdout.isatty()
        self._shown = False

    def show(self, percent: int) -> None:
        if self._moves:
            print(f"\r  {self._text} … {percent}%", end="", flush=True)
        elif not self._shown:
            print(f"  {self._text} …", flush=True)
        self._shown = True

    def end(self) -> None:
        print(f"\r  {self._text}: done.   " if self._moves else f"  {self._text}: done.", flush=True)
