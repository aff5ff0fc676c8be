"""What is wrong with an installation, in plain words. Reads only."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from quen.config import Config
from quen.db import fetch
from quen.errors import QuenError
from quen.findings import Finding
from quen.journal import open_journal
from quen.journeys.models import Version
from quen.journeys.reading import parse_graph
from quen.segments.models import Segment
from quen.segments.rules import parse_rule


def examine(config: Config) -> list[Finding]:
    """Look at the stores of a data directory; works beside a running Quen."""
    return [_state(), _journal(config), _owner(), _mail(config), _backups(config), *check_definitions(), *_segments()]


def _state() -> Finding:
    if connection.vendor == "sqlite":
        answer = fetch("PRAGMA quick_check(1)")[0][0]
        if answer != "ok":
            return Finding(False, f"state database: {answer}. Stop Quen and restore the last backup.")
    people = fetch("SELECT COUNT(*) FROM profiles_profile")[0][0]
    return Finding(True, f"state database: sound, {people} profiles")


def _journal(config: Config) -> Finding:
    journal = open_journal(config)
    try:
        end = journal.end()
    finally:
        journal.close()
    rows = fetch('SELECT "offset" FROM engine_position')
    taken = rows[0][0] if rows else 0
    if taken > end:
        return Finding(
            False, f"journal: ends at {end}, but the state has taken {taken}: the journal file was replaced or cut"
        )
    return Finding(True, f"journal: ends at {end}, {end - taken} entries wait for the engine")


def _owner() -> Finding:
    count = fetch("SELECT COUNT(*) FROM accounts_user WHERE role = 'owner' AND is_active")[0][0]
    return Finding(count > 0, f"users: {count} active owner(s)" + ("" if count else ". Run: quen init --email YOU"))


def _mail(config: Config) -> Finding:
    if config.smtp_url:
        return Finding(True, "e-mail: SMTP_URL is set")
    return Finding(True, "e-mail: SMTP_URL is not set, so no e-mail is sent")


def _backups(config: Config) -> Finding:
    """The last backup of each kind; those of the schedule must go well."""
    rows = fetch(
        "SELECT status, ended_at, problem FROM backup_backup WHERE ended_at IS NOT NULL ORDER BY asked_at DESC"
    )
    good = next((ended_at for status, ended_at, _ in rows if status == "done"), None)
    last = "none yet" if good is None else datetime.fromtimestamp(good / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if config.backup_dir and rows and rows[0][0] != "done":
        return Finding(False, f"backups: the last one failed: {rows[0][2]} (the last good one: {last})")
    often = f"every {config.backup_every_hours} h" if config.backup_dir else "none scheduled (BACKUP_DIR)"
    return Finding(True, f"backups: {often}; the last good one: {last}")


def _segments() -> list[Finding]:
    """Segments that were paused because of their cost, and what comparing members with SQL found."""
    findings = [
        Finding(False, f"segment {id_} {name!r} is paused: {problem}. Give it a simpler rule.")
        for id_, name, problem in fetch(
            "SELECT id, name, problem FROM segments_segment WHERE status = 'paused' AND problem <> '' ORDER BY id"
        )
    ]
    compared = fetch(
        "SELECT s.id, s.name, a.people, a.wrong, a.all_people FROM segments_audit a JOIN segments_segment s"
        " ON s.id = a.segment_id WHERE s.status <> 'archived' ORDER BY s.id"
    )
    wrong = [
        Finding(
            False,
            f"segment {id_} {name!r}: of {people} people last compared, {wrong} are stored otherwise than its rule"
            " says. Archive and restore it to compute it anew, and report it: this is a fault in Quen.",
        )
        for id_, name, people, wrong, _ in compared
        if wrong
    ]
    if compared and not wrong:
        findings.append(
            Finding(True, f"members of segments: {sum(row[4] for row in compared)} compared with SQL, none differs")
        )
    return findings + wrong


def check_definitions() -> list[Finding]:
    """Every segment's rule and every live journey's graph must still be readable."""
    findings: list[Finding] = []
    for segment_id, name, rule in Segment.objects.exclude(status="archived").values_list("id", "name", "rule"):
        try:
            parse_rule(rule)
        except QuenError as error:
            findings.append(Finding(False, f"segment {segment_id} {name!r}: {error.message} {error.details}"))
    for version_id, journey, graph in Version.objects.values_list("id", "journey__name", "graph"):
        try:
            parse_graph(graph)
        except QuenError as error:
            findings.append(Finding(False, f"journey {journey!r}, version {version_id}: {error.message}"))
    if not findings:
        findings.append(Finding(True, "segments and journeys: all readable"))
    return findings
