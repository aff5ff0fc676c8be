"""Identity: messages resolved against many profiles with 5% merges, against few profiles and a bare look-up."""

from __future__ import annotations

import gc
import os
import random
import statistics
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from quen.bench.report import Measure, Options, Result, at_least, at_most
from quen.bench.running import asked

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SMALL = 10_000
ROUNDS = 3
BATCH = 4_000
MERGES = 0.05
FRESH = 0.03  # a known person on a new device
VISITORS, VISIT = 1_000, 5
MESSAGES_A_SECOND = 20_000
CHUNK = 20_000
WARM_UP = 3 * BATCH
MESSAGE_MS = 100  # apart: visits of minutes, and nobody comes twice within the time that last_seen stands still


class Round(NamedTuple):
    messages: int
    merges: int
    seconds: float
    bare_seconds: float  # looking the same identifiers up, and nothing else
    steps: dict[str, float]  # µs a message

    @property
    def rate(self) -> float:
        return self.messages / self.seconds


def run(options: Options) -> Result:
    messages = int(options.seconds * MESSAGES_A_SECOND)
    few: list[Round] = []
    many: list[Round] = []
    with _database(options, "few", SMALL) as small, _database(options, "many", options.profiles) as large:
        for number in range(ROUNDS):
            for profiles, pipe, rounds in ((SMALL, small, few), (options.profiles, large, many)):
                options.say(f"identity: {profiles:,} profiles, round {number + 1} of {ROUNDS}")
                pipe.send(min(messages, int(profiles / 2 / MERGES / (ROUNDS + 1))))
                rounds.append(pipe.recv())
    options.say("")
    rate_few, rate_many = (statistics.median(r.rate for r in done) for done in (few, many))
    middle = sorted(many, key=lambda r: r.rate)[ROUNDS // 2]
    return Result(
        "identity",
        [
            Measure(f"{SMALL:,} profiles", rate_few, "messages/s"),
            at_least(f"{options.profiles:,} profiles", rate_many, "messages/s", 20_000),
            at_most("cost of a message, many / few profiles", rate_few / rate_many, "", 1.5),
            Measure("a bare look-up of the same identifiers / all of it", middle.bare_seconds / middle.seconds, ""),
            Measure("merges for a message", middle.merges / middle.messages, ""),
            *(Measure(f"part {name}", micros, "µs/message") for name, micros in middle.steps.items()),
        ],
        [
            f"median of {ROUNDS} rounds of {middle.messages:,} messages ({few[0].messages:,} with few profiles)",
            (
                "half of the profiles are known by user id, e-mail and a device, half by a phone alone; messages name"
                f" a user and a device, {FRESH:.0%} a new one, and {MERGES:.0%} a user and the phone of another profile"
            ),
            (
                f"from identifiers as sent to committed identifiers, links and log, fsync included, {BATCH:,} a batch;"
                " one thread; traits, segments and events are other steps' work"
            ),
        ],
    )


def _database(options: Options, name: str, profiles: int) -> AbstractContextManager[Connection]:
    """A process with a state database of its own."""
    options.say(f"identity: making {profiles:,} profiles")
    return asked(_serve, options.directory / name, profiles)


def _serve(pipe: Connection, data_dir: Path, profiles: int) -> None:
    os.environ["QUEN_DATA_DIR"] = str(data_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "quen.settings"
    data_dir.mkdir(parents=True)
    from quen.logs import configure
    from quen.server import migrate

    configure()
    migrate()
    from quen.db import tune_for_batches

    tune_for_batches()
    _fill(profiles)
    work = _Work(profiles)
    work.round(min(WARM_UP, int(profiles / 2 / MERGES / (ROUNDS + 1))))
    pipe.send(True)
    while True:
        try:
            messages = pipe.recv()
        except EOFError:
            return
        pipe.send(work.round(messages))


def _id(number: int) -> int:
    from quen.ids import EPOCH_MS

    return ((1_735_689_600_000 - EPOCH_MS) << 22) + number


def _fill(profiles: int) -> None:
    """Even numbers: a user with an e-mail and a device. Odd numbers: a phone."""
    from django.db import transaction

    from quen.db import execute_many
    from quen.identity.keys import pair_of

    for start in range(0, profiles, CHUNK):
        identifiers: list[tuple[Any, ...]] = []
        edges: list[tuple[Any, ...]] = []
        for number in range(start, min(start + CHUNK, profiles)):
            of = _id(number)
            if number % 2:
                keys = [("phone", f"+849{number:08}")]
            else:
                keys = [("user_id", f"u{number}"), ("email", f"u{number}@example.com"), ("anonymous_id", f"a{number}")]
            full = [f"{type_}||{value}" for type_, value in keys]
            identifiers += [
                (key, type_, value, of, 1_000, 1_000, pair_of(full[0], key))
                for key, (type_, value) in zip(full, keys, strict=True)
            ]
            edges += [
                (4 * number + place, full[0], key, pair_of(full[0], key), of) for place, key in enumerate(full[1:])
            ]
        with transaction.atomic():
            execute_many(
                "INSERT INTO identity_identifier (key, type, scope, value, profile_id, first_seen, last_seen,"
                " source_id, tie) VALUES (%s, %s, '', %s, %s, %s, %s, 1, %s)",
                identifiers,
            )
            execute_many(
                'INSERT INTO identity_edge (id, at, kind, "left", "right", pair, profile_id, source_id, message_id,'
                " rule, \"by\", note) VALUES (%s, 1000, 'attach', %s, %s, %s, %s, 1, '', 'same_message', '', '')",
                edges,
            )


class _Work:
    """Messages of random people, resolved batch after batch."""

    def __init__(self, profiles: int) -> None:
        from quen.identity import rules

        self.profiles = profiles
        self.chance = random.Random(7)  # noqa: S311  (data, not secrets)
        self.phones = list(range(1, profiles, 2))  # profiles that can still be merged
        self.chance.shuffle(self.phones)
        self.visitors = [self._user() for _ in range(VISITORS)]
        self.rules = rules.current()
        self.known_pairs: set[int] = set()
        self.number = self.batches = 0

    def round(self, count: int) -> Round:
        batches = [self._messages(min(BATCH, count - start)) for start in range(0, count, BATCH)]
        steps = {"keys": 0.0, "look up": 0.0, "resolve": 0.0, "write": 0.0}
        merges = 0
        gc.collect()
        gc.disable()  # as the engine does for a batch
        started = time.perf_counter()
        for messages in batches:
            merges += self._batch(messages, steps)
        seconds = time.perf_counter() - started
        bare = self._bare(batches)
        gc.enable()
        return Round(count, merges, seconds, bare, {name: total / count * 1e6 for name, total in steps.items()})

    def _user(self) -> int:
        return self.chance.randrange(0, self.profiles, 2)

    def _messages(self, count: int) -> list[Any]:
        from quen.protocol.messages import Message

        found = []
        for _ in range(count):
            self.number += 1
            place = self.chance.randrange(VISITORS)
            who = self.visitors[place]
            if self.chance.random() < 1 / VISIT:
                self.visitors[place] = self._user()
            traits, device = {}, f"a{who}"
            drawn = self.chance.random()
            if drawn < MERGES and self.phones:
                traits = {"phone": f"+849{self.phones.pop():08}"}
            elif drawn < MERGES + FRESH:
                device = f"n{self.number}"
            now = 2_000_000 + self.number * MESSAGE_MS
            found.append(
                Message(
                    f"m{self.number}", 1, True, "identify", "Identified", now, now,
                    user_id=f"u{who}", anonymous_id=device, traits=traits,
                )
            )  # fmt: skip
        return found

    def _batch(self, messages: list[Any], steps: dict[str, float]) -> int:
        from django.db import transaction

        from quen.identity import store
        from quen.identity.keys import keys_of
        from quen.identity.resolution import Knowledge
        from quen.identity.resolve import may_meet, resolve
        from quen.ids import BatchIds

        marks = [time.perf_counter()]
        keys = [keys_of(m, self.rules) for m in messages]
        marks.append(time.perf_counter())
        known = store.known({k.key for ks in keys for k in ks})
        owner = {key: found.profile_id for key, found in known.items()}
        wanted = may_meet(keys, owner)
        self.known_pairs |= store.pairs_in_log(keys, known, self.known_pairs)
        knowledge = Knowledge(
            owner, store.known_by_profile(wanted), merges=store.merge_counts(wanted), pairs=self.known_pairs
        )
        marks.append(time.perf_counter())
        self.batches += 1
        new_id = BatchIds(1_800_000_000_000 + self.batches)
        resolution = resolve(messages, keys, knowledge, new_id, {}, self.rules, now=self.number)
        marks.append(time.perf_counter())
        with transaction.atomic():
            store.write(resolution, known, store.link_changes(resolution.merges), self.number)
        marks.append(time.perf_counter())
        for name, start, end in zip(steps, marks, marks[1:], strict=False):
            steps[name] += end - start
        return len(resolution.merges)

    def _bare(self, batches: list[list[Any]]) -> float:
        from quen.identity import store
        from quen.identity.keys import keys_of

        asked = [{k.key for m in messages for k in keys_of(m, self.rules)} for messages in batches]
        started = time.perf_counter()
        for keys in asked:
            store.known(keys)
        return time.perf_counter() - started
