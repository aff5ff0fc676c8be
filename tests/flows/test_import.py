"""`quen import` and its API, beside a running Quen: what comes of a file, and that nothing is doubled or lost."""

from __future__ import annotations

import gzip
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support import Quen, eventually, unique

ORDERS = """Mã hóa đơn;Ngày mua;Tên khách hàng;Số điện thoại;Mã hàng;Tên hàng;Số lượng;Đơn giá;Chi nhánh
{p}1;05/03/2026 09:15;Chị Lan;0912 {p} 451;SP1;Trà sen;2;120.000đ;Hai Bà Trưng
{p}2;05/03/2026 09:20;Anh Minh;0163{p}2222;SP2;Phin;1;85k;Hai Bà Trưng
{p}1;05/03/2026 09:15;Chị Lan;0912 {p} 451;SP3;"Chén ""mây""
bộ 4";1;420.000;Hai Bà Trưng
{p}3;05/03/2026 10:00;;;SP1;Trà sen;1;120.000;Hai Bà Trưng
{p}4;31/31/2026;Cô Hoa;0987654{p};SP1;Trà sen;1;120.000;Thảo Điền
{p}5;05/03/2026
C{p};06/03/2026;Chị Lan;0912 {p} 451;SP1;Trà sen;-1;120.000đ;Hai Bà Trưng
"""


def orders(folder: Path, number: str) -> Path:
    path = folder / f"orders-{number}.csv"
    path.write_text(ORDERS.format(p=number), encoding="utf-8-sig")
    return path


def imported(quen: Quen, *arguments: str | Path, check: bool = True) -> Any:
    done = quen.cli("import", *map(str, arguments), "--json", check=check)
    return json.loads(done.stdout) if done.stdout else done


def test_orders_become_events_of_their_customers(quen: Quen, tmp_path: Path) -> None:
    number = f"{random.SystemRandom().randrange(1000):03}"
    path = orders(tmp_path, number)
    tried = imported(quen, path, "--as", "orders", "--dry-run")
    assert (tried["rows"], tried["accepted"], tried["rejected"]) == (7, 5, 2)
    assert quen.api().get(f"profiles/phone:0912{number}451").status_code == 404

    result = imported(quen, path, "--as", "orders")
    assert result["counts"] == {"orders": 3, "refunds": 1, "guests": 1, "people": 2, "revenue": 745000}
    rejects = Path(result["rejects_path"]).read_text("utf-8-sig").splitlines()
    assert rejects[0] == "line,reason,row"
    assert {line.split(",")[0] for line in rejects[1:]} == {"7", "8"}  # the quoted line break counts as a line

    quen.settle()
    minh = quen.profile(f"phone:0163{number}2222")
    assert minh["traits"]["name"] == "Anh Minh"
    address = f"profiles/phone:033{number}2222/events"
    (event,) = quen.api().get(address, params={"event": "Order Completed"}).json()["items"]
    assert event["properties"] | {"products": []} == {
        "order_id": f"{number}2",
        "currency": "VND",
        "store": "Hai Bà Trưng",
        "total": 85000,
        "revenue": 85000,
        "products": [],
    }
    assert event["time"] == "2026-03-05T02:20:00.000Z"


def test_a_file_imported_twice_changes_nothing_and_a_changed_order_is_not_doubled(quen: Quen, tmp_path: Path) -> None:
    path, mark = tmp_path / "orders.csv", unique()
    rows = ["order_id,date,customer_id,total", f"{mark}1,2026-03-05,{mark},100", f"{mark}2,2026-03-06,{mark},200"]
    path.write_text("\n".join(rows))
    assert imported(quen, path, "--as", "orders")["messages"] == 2
    again = imported(quen, path, "--as", "orders")
    assert (again["messages"], again["counts"]) == (0, {"unchanged": 2})
    path.write_text("\n".join([*rows[:2], f"{mark}2,2026-03-06,{mark},250", f"{mark}3,2026-03-07,{mark},300"]))
    assert imported(quen, path, "--as", "orders")["counts"] == {
        "unchanged": 1,
        "updated": 1,
        "orders": 1,
        "revenue": 300,
    }

    quen.settle()
    items = quen.api().get(f"profiles/user_id:{mark}/events").json()["items"]
    assert sorted((e["event"], e["properties"]["total"]) for e in items) == [
        ("Order Completed", 100),
        ("Order Completed", 200),
        ("Order Completed", 300),
        ("Order Updated", 250),
    ]


def test_customers_gzipped_with_a_mapping_of_their_own(quen: Quen, tmp_path: Path) -> None:
    path = tmp_path / "khach.csv.gz"
    path.write_bytes(
        gzip.compress("Cot A\tCot B\tCot C\nim-k1\tim.lan@shop.example\tVàng\nim-k2\t\tBạc\n\tkhông\tĐồng\n".encode())
    )
    mapping = tmp_path / "mapping.json"
    columns = {"Cot A": "customer_id", "Cot B": "email", "Cot C": "trait:hang"}
    mapping.write_text(json.dumps({"kind": "customers", "columns": columns}))
    result = imported(quen, path, "--mapping", mapping)
    assert (result["accepted"], result["rejected"]) == (2, 1)
    assert quen.profile("email:im.lan@shop.example")["traits"]["hang"] == "Vàng"
    # The mapping is remembered for files with the same header.
    assert imported(quen, path, "--as", "customers")["counts"] == {"unchanged": 2}


def test_events_as_json_lines(quen: Quen, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    message = {
        "type": "track",
        "event": "Imported Once",
        "userId": (user := unique()),
        "messageId": user,
        "properties": {"a": [1]},
    }
    path.write_text(
        "\n".join([json.dumps(message), json.dumps(message), "{broken", json.dumps({"type": "track"})]) + "\n"
    )
    result = imported(quen, path, "--as", "events")
    assert (result["accepted"], result["rejected"]) == (3, 1)
    quen.settle()
    items = quen.api().get(f"profiles/user_id:{user}/events").json()["items"]
    assert [item["event"] for item in items] == ["Imported Once"]  # the same message id is one event


@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        (b"", ["--as", "orders"], "is empty"),
        (b"a;b\n1;2\n", ["--as", "orders"], "orders need a column for order_id"),
        (b"PK\x03\x04\xff\xff\xff\xff", ["--as", "orders"], "save it as CSV"),
        (b"order_id,date,total\n1,2026-01-01,5\n", [], "say what the rows are"),
        (b"order_id,date,total\n1,2026-01-01,5\n", ["--as", "orders", "--timezone", "Mars"], "Mars"),
        (b"id,ten\n1,\x81\x8d\x8f\x90\xb5\xb6\n", ["--as", "customers"], "--encoding"),
        (b"order_id,date,total\n" + b"x,never,y\n" * 1500, ["--as", "orders"], "none of the first 1,000 rows"),
    ],
)
def test_what_cannot_be_imported_is_said(
    quen: Quen, tmp_path: Path, content: bytes, arguments: list[str], says: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    done = quen.cli("import", str(path), *arguments, check=False)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_killed_in_the_middle_it_goes_on_and_loses_and_doubles_nothing(quen: Quen, tmp_path: Path) -> None:
    event = f"Killed {unique()}"
    path = tmp_path / f"{event}.csv"
    count = 40_000
    with path.open("w") as file:
        file.write("event,user_id,time,nr\n")
        file.writelines(f"{event},kill-{n % 500},2026-03-05 08:00:00,{n}\n" for n in range(count))
    command = [
        str(Path(sys.executable).with_name("quen")),
        "import",
        str(path),
        "--as",
        "events",
        "--data",
        str(quen.data_dir),
    ]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def halfway() -> Any:
        # It stands still while we look: however slow that is, it is not at its end meanwhile.
        running.send_signal(signal.SIGCONT)
        time.sleep(0.02)
        running.send_signal(signal.SIGSTOP)
        newest = quen.api().get("imports", params={"limit": 1}).json()["items"]
        return newest and newest[0]["filename"] == path.name and newest[0]["messages"] > 0

    eventually(halfway, 120, interval=0)
    running.send_signal(signal.SIGKILL)
    running.wait()
    before = quen.api().get("imports", params={"limit": 1}).json()["items"][0]
    assert before["status"] == "running"
    assert before["rows"] < count
    result = imported(quen, path, "--as", "events")
    assert result["id"] == before["id"]
    assert (result["rows"], result["accepted"], result["rejected"]) == (count, count, 0)

    def stored() -> bool:
        names = quen.api().get("events/catalogue", params={"query": event}).json()["items"]
        return any(one["name"] == event and one["count"] == count for one in names)

    eventually(stored, 300)


def test_through_the_api(quen: Quen) -> None:
    email = f"{unique()}@shop.example"
    content = f"Email,Tên,Điểm\n{email},Lan,7\nkhông,Minh,8\n".encode()
    answer = quen.api("developer").post("imports", data={"kind": "customers"}, files={"file": ("khách.csv", content)})
    assert answer.status_code == 200, answer.text

    def done() -> dict[str, Any] | None:
        shown = quen.api().get(f"imports/{answer.json()['id']}").json()
        return shown if shown["status"] == "done" else None

    row = eventually(done) or {}
    assert (row["accepted"], row["rejected"], row["filename"]) == (1, 1, "khách.csv")
    assert quen.profile(f"email:{email}")["traits"]["diem"] == 7
    refused = quen.api().post("imports", data={"kind": "cows"}, files={"file": ("a.csv", content)})
    assert refused.status_code == 422
    assert (
        quen.api("analyst").post("imports", data={"kind": "customers"}, files={"file": ("a.csv", content)}).status_code
        == 403
    )


def test_sources_through_the_api(quen: Quen) -> None:
    api = quen.api("developer")
    made = api.post("sources", json={"name": "Quầy 1", "kind": "server"}).json()
    assert made["enabled"] is True
    quen.send({"type": "track", "event": "A", "userId": "src-1"}, source=made["write_key"])
    eventually(lambda: api.get(f"sources/{made['id']}").json()["events"] == 1)
    assert api.get(f"sources/{made['id']}").json()["last_event_at"]
    assert api.patch(f"sources/{made['id']}", json={"name": "Quầy 2", "enabled": False}).json()["name"] == "Quầy 2"
    renewed = api.post(f"sources/{made['id']}/key").json()
    assert renewed["write_key"] != made["write_key"]

    def refused() -> bool:
        message = {"writeKey": made["write_key"], "userId": "x", "event": "B"}
        return quen.edge.post("/v1/track", json=message).status_code == 401

    eventually(refused)
    assert api.post("sources", json={"name": " ", "kind": "server"}).status_code == 422
    assert api.post("sources", json={"name": "X", "kind": "cow"}).status_code == 422
    assert api.get("sources/1").status_code == 404
    assert any(source["id"] == made["id"] for source in api.get("sources", params={"limit": 200}).json()["items"])
