"""`quen import` and its API, beside a running Quen: what comes of a file, and that nothing is doubled or lost."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import Quen, eventually

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
    path = orders(tmp_path, "345")
    tried = imported(quen, path, "--as", "orders", "--dry-run")
    assert (tried["rows"], tried["accepted"], tried["rejected"]) == (7, 5, 2)
    assert quen.api().get("profiles/phone:0912345451").status_code == 404

    result = imported(quen, path, "--as", "orders")
    assert result["counts"] == {"orders": 3, "refunds": 1, "guests": 1, "people": 2, "revenue": 745000}
    rejects = Path(result["rejects_path"]).read_text("utf-8-sig").splitlines()
    assert rejects[0] == "line,reason,row"
    assert {line.split(",")[0] for line in rejects[1:]} == {"7", "8"}  # the quoted line break counts as a line

    minh = quen.profile("phone:01633452222")
    assert minh["traits"]["name"] == "Anh Minh"
    (event,) = quen.api().get("profiles/phone:0333452222/events", params={"event": "Order Completed"}).json()["items"]
    assert event["properties"] | {"products": []} == {
        "order_id": "3452",
        "currency": "VND",
        "store": "Hai Bà Trưng",
        "total": 85000,
        "revenue": 85000,
        "products": [],
    }
    assert event["time"] == "2026-03-05T02:20:00.000Z"


def test_a_file_imported_twice_changes_nothing_and_a_changed_order_is_not_doubled(quen: Quen, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = ["order_id,date,customer_id,total", "tw-1,2026-03-05,tw-c1,100", "tw-2,2026-03-06,tw-c1,200"]
    path.write_text("\n".join(rows))
    assert imported(quen, path, "--as", "orders")["messages"] == 2
    again = imported(quen, path, "--as", "orders")
    assert (again["messages"], again["counts"]) == (0, {"unchanged": 2})
    path.write_text("\n".join([*rows[:2], "tw-2,2026-03-06,tw-c1,250", "tw-3,2026-03-07,tw-c1,300"]))
    assert imported(quen, path, "--as", "orders")["counts"] == {
        "unchanged": 1,
        "updated": 1,
        "orders": 1,
        "revenue": 300,
    }

    def totals() -> bool:
        answer = quen.api().get("profiles/user_id:tw-c1/events")
        if answer.status_code == 404:
            return False
        seen = sorted((e["event"], e["properties"]["total"]) for e in answer.json()["items"])
        return seen == [
            ("Order Completed", 100),
            ("Order Completed", 200),
            ("Order Completed", 300),
            ("Order Updated", 250),
        ]

    eventually(totals, 20)


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
        "userId": "im-e1",
        "messageId": "im-m1",
        "properties": {"a": [1]},
    }
    path.write_text(
        "\n".join([json.dumps(message), json.dumps(message), "{broken", json.dumps({"type": "track"})]) + "\n"
    )
    result = imported(quen, path, "--as", "events")
    assert (result["accepted"], result["rejected"]) == (3, 1)
    quen.profile("user_id:im-e1")
    items = quen.api().get("profiles/user_id:im-e1/events").json()["items"]
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
    path = tmp_path / "many.csv"
    count = 40_000
    with path.open("w") as file:
        file.write("event,user_id,time,nr\n")
        file.writelines(f"Killed,kill-{n % 500},2026-03-05 08:00:00,{n}\n" for n in range(count))
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
        newest = quen.api().get("imports", params={"limit": 1}).json()["items"]
        return newest and newest[0]["filename"] == "many.csv" and newest[0]["messages"] > 0

    eventually(halfway, 30, interval=0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    before = quen.api().get("imports", params={"limit": 1}).json()["items"][0]
    assert before["status"] == "running"
    assert before["rows"] < count
    result = imported(quen, path, "--as", "events")
    assert result["id"] == before["id"]
    assert (result["rows"], result["accepted"], result["rejected"]) == (count, count, 0)

    def stored() -> bool:
        names = quen.api().get("events/catalogue").json()["items"]
        return any(one["name"] == "Killed" and one["count"] == count for one in names)

    eventually(stored, 60)


def test_through_the_api(quen: Quen) -> None:
    content = "Email,Tên,Điểm\nim-api@shop.example,Lan,7\nkhông,Minh,8\n".encode()
    answer = quen.api("developer").post("imports", data={"kind": "customers"}, files={"file": ("khách.csv", content)})
    assert answer.status_code == 200, answer.text

    def done() -> dict[str, Any] | None:
        shown = quen.api().get(f"imports/{answer.json()['id']}").json()
        return shown if shown["status"] == "done" else None

    row = eventually(done, 30) or {}
    assert (row["accepted"], row["rejected"], row["filename"]) == (1, 1, "khách.csv")
    assert quen.profile("email:im-api@shop.example")["traits"]["diem"] == 7
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
        sent = httpx.post(
            f"{quen.edge_url}/v1/track", json={"writeKey": made["write_key"], "userId": "x", "event": "B"}
        )
        return sent.status_code == 401

    eventually(refused)
    assert api.post("sources", json={"name": " ", "kind": "server"}).status_code == 422
    assert api.post("sources", json={"name": "X", "kind": "cow"}).status_code == 422
    assert api.get("sources/1").status_code == 404
    assert any(source["id"] == made["id"] for source in api.get("sources").json()["items"])
