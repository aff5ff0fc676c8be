"""The standard questions of the templates, over the real orders of a shop, agree with a computation in pandas.

The orders are those of UCI Online Retail, moved in time so that the last day is yesterday, with prices in đồng (30,000
a pound). What that shop did not record (carts, views, e-mails, birthdays, consents) is made from a hash of each
customer. All of it is imported as a user would; pandas knows only the frames, Quen only the files.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

import httpx
import pytest

from quen.segments.recipes import recipes
from tests.support import Quen, eventually

pd = pytest.importorskip("pandas")

SHARED = Path(os.environ.get("QUEN_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
FILE = SHARED / "online_retail" / "online_retail.csv.gz"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DONG_A_POUND = 30_000

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason="the UCI Online Retail file is not here: name its folder in QUEN_SHARED_DATA"
)


class World:
    """Frames of what happened: `orders` (user, time, total), `events` (user, time, event), `people` (by user)."""

    def __init__(self) -> None:
        self.lines = _lines()
        self.orders = _orders(self.lines)
        self.people = _people(sorted(self.orders["user"].unique()))
        self.events = _behaviour(self.orders, self.people)

    def expected(self, key: str, now: datetime) -> set[str]:
        return set(getattr(self, "_" + key.replace("-", "_"))(pd.Timestamp(now)))

    def _did(self, event: str, now: Any, days: float) -> Any:
        rows = self.orders if event == "order" else self.events[self.events["event"] == event]
        return rows[(rows["time"] <= now) & (rows["time"] > now - timedelta(days=days))]

    def _who(self, event: str, now: Any, days: float = 9_999, least: int = 1) -> set[str]:
        counts = self._did(event, now, days)["user"].value_counts()
        return set(counts[counts >= least].index)

    def _once(self, now: Any) -> set[str]:
        return self._who("order", now) - self._who("order", now, least=2)

    def _abandoned_cart(self, now: Any) -> set[str]:
        return self._who("Product Added", now, 3) - self._who("order", now, 3)

    def _browsed(self, now: Any) -> set[str]:
        return self._who("Product Viewed", now, 7, least=3) - self._who("order", now, 7)

    def _opened(self, now: Any) -> set[str]:
        return self._who("Email Opened", now, 14) - self._who("Email Clicked", now, 14)

    def _good_customers(self, now: Any) -> set[str]:
        large = self._did("order", now, 30)
        counts = large[large["total"] > 500_000]["user"].value_counts()
        return set(counts[counts >= 2].index)

    def _lapsed(self, now: Any) -> set[str]:
        spent = self._did("order", now, 9_999).groupby("user")["total"].sum()
        return set(spent[spent > 1_000_000].index) - self._who("order", now, 60)

    def _birthday(self, now: Any) -> set[str]:
        today = now.astimezone(ZONE).date()
        return {user for user, born in self.people["birthday"].items() if (_next(born, today) - today).days <= 7}

    def _one_purchase(self, now: Any) -> set[str]:
        return self._once(now) - self._who("order", now, 30)

    def _cart_left(self, now: Any) -> set[str]:
        added = self._did("Product Added", now, 8)
        bought = self.orders.groupby("user")["time"].apply(list).to_dict()
        day = timedelta(days=1)
        return {
            row.user
            for row in added.itertuples()
            if now - timedelta(days=7) < row.time + day <= now
            and not any(row.time < at < row.time + day for at in bought.get(row.user, []))
        }

    def _new_customers(self, now: Any) -> set[str]:
        return self._once(now) & self._who("order", now, 7)

    def _came_back(self, now: Any) -> set[str]:
        rows = self._did("order", now, 9_999).sort_values(["user", "time"])
        since = rows["time"] - rows.groupby("user")["time"].shift()
        return set(rows[(since < timedelta(days=30)) & (rows["time"] > now - timedelta(days=90))]["user"])

    def _slipping(self, now: Any) -> set[str]:
        return self._who("order", now, 180, least=3) - self._who("order", now, 45)

    def _large_orders(self, now: Any) -> set[str]:
        mean = self._did("order", now, 365).groupby("user")["total"].mean()
        return self._who("order", now, 365, least=2) & set(mean[mean > 1_000_000].index)

    def _to_win(self, now: Any) -> set[str]:
        people = self.people
        return set(people[people["agreed"] & (people["email"] != "")].index) - self._who("order", now)


def _hash(text: str) -> int:
    return crc32(text.encode())


def _lines() -> Any:
    """The lines of identified customers, in time and money of today."""
    kept = ["InvoiceNo", "InvoiceDate", "UnitPrice", "Quantity", "CustomerID", "StockCode"]
    lines = pd.read_csv(FILE, usecols=kept, dtype={"InvoiceNo": str, "CustomerID": str, "StockCode": str})
    lines = lines[lines["CustomerID"].notna()]
    lines["CustomerID"] = lines["CustomerID"].str.removesuffix(".0")
    times = pd.to_datetime(lines["InvoiceDate"], utc=True)
    moved = (datetime.now(UTC).date() - times.max().date()).days - 1
    lines["InvoiceDate"] = times + timedelta(days=moved)
    lines["UnitPrice"] = (lines["UnitPrice"] * DONG_A_POUND).round().astype("int64")
    return lines


def _orders(lines: Any) -> Any:
    lines = lines.assign(value=lines["UnitPrice"] * lines["Quantity"])
    orders = lines.groupby("InvoiceNo").agg(
        user=("CustomerID", "first"), time=("InvoiceDate", "min"), total=("value", "sum")
    )
    return orders[~orders.index.str.startswith("C") & (orders["total"] >= 0)].reset_index(drop=True)


def _people(buyers: list[str]) -> Any:
    users = buyers + [f"guest-{n}" for n in range(400)]
    rows = {
        user: {
            "birthday": date(1960, 1, 1) + timedelta(days=_hash(f"b{user}") % 14_000),
            "email": f"kh{user}@example.com" if _hash(f"e{user}") % 5 else "",
            "agreed": _hash(f"a{user}") % 3 == 0,
        }
        for user in users
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _behaviour(orders: Any, people: Any) -> Any:
    """Carts before some orders, and since then views, carts and e-mails of some customers."""
    now = datetime.now(UTC).replace(microsecond=0)
    rows = [
        (order.user, order.time.to_pydatetime() - timedelta(hours=2, seconds=7), "Product Added")
        for place, order in enumerate(orders.itertuples())
        if place % 2
    ]
    for user in people.index:
        for name, times, days in (
            ("Product Added", 2, 10),
            ("Product Viewed", 6, 9),
            ("Email Opened", 2, 20),
            ("Email Clicked", 1, 25),
        ):
            for place in range(_hash(f"{name}{user}") % (times + 1)):
                ago = _hash(f"{name}{place}{user}") % (days * 86_400)
                rows.append((user, now - timedelta(seconds=ago + 3_600), name))
    rows = list(dict.fromkeys(rows))  # identical rows of a file are one event
    return pd.DataFrame(rows, columns=["user", "time", "event"]).assign(
        time=lambda f: pd.to_datetime(f["time"], utc=True)
    )


def _next(born: date, today: date) -> date:
    """The next anniversary, today included; that of 29 February is the 28th in other years."""
    for year in (today.year, today.year + 1):
        try:
            day = born.replace(year=year)
        except ValueError:
            day = date(year, 2, 28)
        if day >= today:
            return day
    raise AssertionError("unreachable")


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def shop(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quen]:
    """A Quen of its own that has imported all of it."""
    folder = tmp_path_factory.mktemp("standard")
    quen = Quen(folder / "quen")
    try:
        quen.start()
        world.lines.assign(InvoiceDate=world.lines["InvoiceDate"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_csv(
            folder / "orders.csv", index=False
        )
        people = world.people.rename_axis("customer_id")[["email", "birthday"]].reset_index()
        people.to_csv(folder / "customers.csv", index=False)
        events = world.events.rename(columns={"user": "customer_id"})
        events.assign(time=events["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_csv(folder / "events.csv", index=False)
        counts = {}
        for kind in ("customers", "events", "orders"):
            more = ["--currency", "VND"] if kind == "orders" else []
            done = quen.cli("import", str(folder / f"{kind}.csv"), "--as", kind, *more, "--json", timeout=900)
            counts[kind] = json.loads(done.stdout)
            assert counts[kind]["rejected"] == 0, counts[kind]
        agreed = [user for user, one in world.people.iterrows() if one["agreed"]]
        for start in range(0, len(agreed), 200):
            quen.send(*(_consent(user) for user in agreed[start : start + 200]))

        def all_stored() -> bool:
            names = {one["name"]: one["count"] for one in quen.api().get("events/catalogue").json()["items"]}
            consents = quen.api().post("segments/preview", json={"rule": {"consent": "marketing"}}).json()["count"]
            wanted = world.events["event"].value_counts().to_dict() | {"Order Completed": len(world.orders)}
            return consents == len(agreed) and all(names.get(name) == count for name, count in wanted.items())

        eventually(all_stored, 600, interval=1)
        yield quen
    finally:
        quen.close()


def _consent(user: str) -> dict[str, Any]:
    context = {"consent": {"categoryPreferences": {"marketing": True}}}
    return {"type": "identify", "userId": user, "traits": {}, "context": context}


@pytest.fixture(scope="module")
def members(shop: Quen) -> Iterator[Callable[[str], set[str]]]:
    """The customers in a segment, by the file of its page."""
    with httpx.Client(base_url=shop.base_url, follow_redirects=True, timeout=60) as console:
        console.get("/sign-in")
        token = console.cookies["csrftoken"]
        form = {"login": shop.owner_email, "password": shop.owner_password, "csrfmiddlewaretoken": token}
        console.post("/sign-in", data=form, headers={"Referer": shop.base_url})

        def read(segment: str) -> set[str]:
            answer = console.get(f"/segments/{segment}/members.csv")
            assert answer.status_code == 200, answer.text[:300]
            return {row["user_id"] for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))}

        yield read


RULES = {recipe.key: recipe.rule for recipe in recipes()}


def at_one_moment(world: World, key: str, ask: Callable[[], Any], found: Callable[[set[str]], Any]) -> None:
    """What is asked is what pandas says; asked again when somebody's time ran out meanwhile."""

    def agree() -> bool:
        before = world.expected(key, datetime.now(UTC))
        answer = ask()
        after = world.expected(key, datetime.now(UTC))
        assert before == after
        assert answer == found(before)
        return True

    eventually(agree, 60, interval=1)


@pytest.mark.parametrize("key", RULES)
def test_the_preview_is_what_pandas_says(world: World, shop: Quen, key: str) -> None:
    expected = world.expected(key, datetime.now(UTC))
    assert 0 < len(expected) < len(world.people), "the question must have an answer worth comparing"

    def ask() -> int:
        return int(shop.api().post("segments/preview", json={"rule": RULES[key]}).json()["count"])

    at_one_moment(world, key, ask, len)


def test_the_members_are_what_pandas_says_and_stay_so(
    world: World, shop: Quen, members: Callable[[str], set[str]]
) -> None:
    api, made = shop.api(), {}
    for key, rule in RULES.items():
        made[key] = api.post("segments", json={"name": key, "rule": rule}).json()["id"]
    for segment in made.values():
        eventually(lambda segment=segment: api.get(f"segments/{segment}").json()["status"] == "live", 300, interval=0.5)
    for key, segment in made.items():
        at_one_moment(world, key, lambda segment=segment: members(segment), lambda users: users)
    # A morning goes on: people of every segment buy, look, open.
    now = datetime.now(UTC).replace(microsecond=0)
    some = sorted({user for key in RULES for user in sorted(world.expected(key, now))[:4]})
    messages, orders, events = [], [], []
    for place, user in enumerate(some):
        at = now - timedelta(seconds=60 + place)
        if place % 3 == 0:
            orders.append((user, at, 2_000_000))
            properties = {"order_id": f"new-{place}", "total": 2_000_000, "currency": "VND"}
            messages.append({"event": "Order Completed", "userId": user, "properties": properties})
        else:
            name = ("Product Added", "Product Viewed", "Email Clicked")[place % 3]
            events.append((user, at, name))
            messages.append({"event": name, "userId": user})
        messages[-1] |= {"type": "track", "timestamp": at.isoformat(), "messageId": f"standard-{place}"}
    shop.send(*messages)
    more = pd.DataFrame(orders, columns=["user", "time", "total"])
    world.orders = pd.concat([world.orders, more.assign(time=pd.to_datetime(more["time"], utc=True))])
    more = pd.DataFrame(events, columns=["user", "time", "event"])
    world.events = pd.concat([world.events, more.assign(time=pd.to_datetime(more["time"], utc=True))])
    for key, segment in made.items():
        at_one_moment(world, key, lambda segment=segment: members(segment), lambda users: users)
