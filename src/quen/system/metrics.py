"""The system's figures for Prometheus, as of the watcher's last look."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Gauge

from quen.system.judging import BAD, Finding
from quen.system.snapshot import Snapshot

LAG_SECONDS = Gauge("quen_journal_lag_seconds", "Age of the oldest journal entry that the engine has not taken yet")
WAITING = Gauge("quen_journal_waiting_entries", "Journal entries that the engine has not taken yet")
FLIPS = Gauge("quen_flips_due", "Profiles whose segments should have changed by time alone already")
EDGE = Gauge("quen_edge_up", "1 when the edge beside this process answers, 0 when it does not")
QUEUED = Gauge("quen_outbox_waiting_messages", "Messages that should go out and have not", ["channel"])
QUEUE_AGE = Gauge("quen_outbox_oldest_seconds", "Age of the oldest message that should have gone out", ["channel"])
SENT_HOUR = Gauge("quen_sends_hour", "Messages made in the last hour, by what became of them", ["channel", "status"])
QUARANTINED = Gauge("quen_quarantined_hour", "Messages quarantined in the last hour", ["reason"])
BYTES = Gauge("quen_store_bytes", "Size of a store on disk", ["store"])
DISK_FREE = Gauge("quen_disk_free_bytes", "Free space where the data directory is")
PROBLEMS = Gauge("quen_check_bad", "1 while a check of the System page is bad", ["check"])


def publish(seen: Snapshot, findings: Iterable[Finding]) -> None:
    LAG_SECONDS.set(seen.lag_ms / 1000)
    WAITING.set(seen.waiting)
    FLIPS.set(seen.flips_due)
    if seen.edge is not None:
        EDGE.set(not seen.edge)
    for gauge in (QUEUED, QUEUE_AGE, SENT_HOUR, QUARANTINED):
        gauge.clear()  # what is no longer there must not be told for ever
    for name, channel in seen.channels.items():
        QUEUED.labels(name).set(channel.waiting)
        QUEUE_AGE.labels(name).set(channel.oldest_ms / 1000)
        for status, count in channel.hour.items():
            SENT_HOUR.labels(name, status).set(count)
    for reason, count in seen.quarantined.items():
        QUARANTINED.labels(reason).set(count)
    for store in seen.stores:
        BYTES.labels(store.name).set(store.bytes)
    DISK_FREE.set(seen.disk_free)
    for finding in findings:
        PROBLEMS.labels(finding.check).set(finding.level == BAD)
