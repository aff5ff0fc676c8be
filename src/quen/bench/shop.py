"""The history of a shop for the benchmarks, made by ClickHouse itself from numbers: the same one every time."""

from __future__ import annotations

from collections.abc import Callable

from quen.events.store import EventStore

NOW = 1_790_000_000_000  # 2026-09-21T14:13:20Z
DAY_MS = 86_400_000
DAYS = 180  # of history; six or seven months of events
CHUNK = 3_000_000
EVENTS = {  # name → how many of a hundred
    "Page Viewed": 38,
    "Product Viewed": 32,
    "Product Added": 9,
    "Email Opened": 8,
    "Checkout Started": 5,
    "Order Completed": 4,
    "Email Clicked": 2,
    "Signed In": 2,
}
CITIES = ("Hà Nội", "TP. Hồ Chí Minh", "Đà Nẵng", "Cần Thơ", "Huế")
CATEGORIES = ("trà", "cà phê", "gốm", "quà tặng")

# Texts that look like dates stay texts, as they do when the engine writes them.
_AS_SENT = "input_format_try_infer_dates = 0, input_format_try_infer_datetimes = 0"


def fill(store: EventStore, people: int, events: int, say: Callable[[str], None]) -> None:
    """`people` with traits and consents, one in fifty of them changed since; `events` of them, most of them a few's."""
    for low in range(0, events, CHUNK):
        say(f"segments: {low:,} of {events:,} events made")
        _events(store, people, events, low, min(events, low + CHUNK))
    _people(store, 0, 0, people)
    _people(store, 1, people // 2, people // 50)


def _events(store: EventStore, people: int, events: int, low: int, high: int) -> None:
    """Each portion is of its own days, so that parts are those of an ordinary life."""
    start, span = NOW - DAYS * DAY_MS + DAYS * DAY_MS * low // events, DAYS * DAY_MS * (high - low) // events
    names = [name for name, share in EVENTS.items() for _ in range(share)]
    properties = (
        f'\'{{"sku":"SP\', toString({_dice(4)} % 400), \'","category":"\', {_one_of(CATEGORIES, 5)},'
        f' \'","price":\', toString(20000 + {_dice(6)} % 880 * 1000), \',"quantity":\', toString(1 + {_dice(7)} % 3),'
        f' \',"total":\', toString(50000 + {_dice(8)} % 2950 * 1000), \',"currency":"VND","coupon":\','
        f" if({_dice(9)} % 10 = 0, 'true', 'false'), '}}'"
    )
    store.rows(
        "INSERT INTO events (profile_id, time, id, event, type, source_id, properties, context, received_at)"
        f" SELECT 1 + toUInt64({people} * pow({_dice(1)} / pow(2, 64), 2)),"
        f" fromUnixTimestamp64Milli(toInt64({start} + {_dice(2)} % {span}), 'UTC') AS at, number,"
        f" {_one_of(names, 3)}, 'track', 1, concat({properties}), '{{}}', at FROM numbers({low}, {high - low})"
        " SETTINGS max_partitions_per_insert_block = 0, max_insert_threads = 2"
    )


def _people(store: EventStore, version: int, low: int, count: int) -> None:
    traits = (
        f'\'{{"city":"\', {_one_of(CITIES, 2)},'
        f" '\",\"birthday\":\"', toString(toDate('1970-01-01') + {_dice(3)} % 16000), '\"',"
        f" if({_dice(4)} % 10 < 8, concat(',\"email\":\"u', toString(number), '@example.com\"'), ''),"
        f" if({_dice(5)} % 10 < 6, concat(',\"phone\":\"+849', leftPad(toString(number), 8, '0'), '\"'), ''),"
        f" ',\"points\":', toString({_dice(6)} % 500), ',\"tags\":[\"', {_one_of(('new', 'vip', 'staff'), 7)}, '\"]',"
        f" ',\"quen:consent:marketing\":', if({_dice(8)} % 2 = 0, 'true', 'false'), '}}'"
    )
    store.rows(
        f"INSERT INTO profiles SELECT number + 1, {version}, 0,"
        f" fromUnixTimestamp64Milli(toInt64({NOW} - {_dice(1)} % {400 * DAY_MS}), 'UTC'), concat({traits})"
        f" FROM numbers({low}, {count}) SETTINGS {_AS_SENT}"
    )


def _dice(place: int) -> str:
    return f"cityHash64(number, {place})"


def _one_of(texts: list[str] | tuple[str, ...], place: int) -> str:
    listed = ", ".join(f"'{text}'" for text in texts)
    return f"[{listed}][{_dice(place)} % {len(texts)} + 1]"
