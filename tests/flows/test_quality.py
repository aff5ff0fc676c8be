"""Data quality, the whole way: messy messages and a messy file, to clean profiles and honest counts."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx

from tests.support import Quen, eventually

# Sổ khách of a shop as it is: every cell as somebody typed it.
HEADER = ["Mã KH", "Họ và tên", "SĐT", "Email", "Ngày sinh", "Giới tính", "Tỉnh/Thành phố", "Địa chỉ", "Ghi chú"]
ROWS = [
    ["dq-1", "NGUYỄN THỊ HOÀ", "0912.111.001", " Hoa.Nguyen@GMAIL.com ", "05/03/1990", "Nữ", "TP HCM", "12  Lê Lợi, Q1",
     "VIP"],
    ["dq-2", "Anh Trần Văn Bình", "01628111002", "binh@mailinator.com", "5 tháng 3 năm 1988", "nam", "Sài Gòn", "", ""],
    ["dq-3", "Chị Lan", "912111003.0", "khong co", "31/02/1985", "N", "Bình Dương", "", ""],
    ["dq-4", "Khách lẻ", "12345", "cskh@shop.example", "1990", "không rõ", "Đà Lạt", "", ""],
    ["dq-5", "Lê Thuý Kiều", "0912111005 / 0987111005", "Kiều <kieu@shop.example>", "01/01/2999", "F", "", "", ""],
]  # fmt: skip


def imported(quen: Quen, path: Path, source: str) -> Any:
    return json.loads(quen.cli("import", str(path), "--as", "customers", "--source", source, "--json").stdout)


def of_source(api: httpx.Client, name: str, messages: int) -> dict[str, Any]:
    """The quality of a source as soon as so many messages have been counted."""

    def found() -> dict[str, Any] | None:
        items = api.get("quality").json()["items"]
        one = next((item for item in items if item["source"] == name), None)
        return one if one and one["messages"] >= messages else None

    one = eventually(found) or {}
    return dict(api.get(f"quality/{one['source_id']}").json())


def test_a_messy_file_comes_out_clean(quen: Quen, tmp_path: Path) -> None:
    path = tmp_path / "so-khach.csv"
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([HEADER, *ROWS])
    path.write_text(out.getvalue(), encoding="utf-8-sig")
    assert imported(quen, path, "Sổ khách")["accepted"] == 5

    quen.settle()
    hoa, binh, lan, guest, kieu = (quen.profile(f"customer_code:dq-{n}") for n in range(1, 6))
    assert hoa["traits"] == {
        "name": "Nguyễn Thị Hoà",  # her own tone mark stays where she puts it
        "phone": "+84912111001",
        "email": "Hoa.Nguyen@gmail.com",
        "birthday": "1990-03-05",
        "gender": "female",
        "city": "Hồ Chí Minh",
        "address": "12 Lê Lợi, Q1",
        "ghi_chu": "VIP",
    }
    assert (binh["traits"]["name"], binh["traits"]["phone"]) == ("Trần Văn Bình", "+84328111002")
    assert (binh["traits"]["birthday"], binh["traits"]["city"]) == ("1988-03-05", "Hồ Chí Minh")
    assert (lan["traits"]["name"], lan["traits"]["phone"]) == ("Chị Lan", "+84912111003")
    assert (lan["traits"]["birthday"], lan["traits"]["city"]) == ("31/02/1985", "Bình Dương")
    assert (guest["traits"]["phone"], guest["traits"]["name"]) == ("12345", "Khách lẻ")  # nothing is lost
    assert [i["type"] for i in guest["identifiers"] if i["type"] == "phone"] == []  # and identifies nobody
    assert [i["type"] for i in lan["identifiers"] if i["type"] == "email"] == []
    assert (kieu["traits"]["email"], kieu["traits"]["phone"]) == ("kieu@shop.example", "+84912111005")
    assert quen.profile("phone:01628111002")["id"] == binh["id"]

    identified = {"event": "Identified"}
    (event,) = quen.api().get(f"profiles/{hoa['id']}/events", params=identified).json()["items"]
    assert event["properties"]["phone"] == "0912.111.001"  # as it came
    assert event["properties"]["birthday"] == "05/03/1990"

    found = of_source(quen.api(), "Sổ khách", 5)
    fields = {field["field"]: field for field in found["fields"]}
    counts = {name: tuple(fields[name][key] for key in ("filled", "valid", "fixed", "rejected")) for name in fields}
    assert counts == {
        "email": (5, 2, 2, 1),
        "phone": (5, 0, 4, 1),
        "name": (5, 2, 2, 1),
        "birthday": (5, 0, 2, 3),
        "gender": (4, 0, 3, 1),  # `không rõ` says nothing
        "address": (1, 1, 0, 0),
        "city": (4, 2, 2, 0),
    }
    assert {w["word"] for w in fields["birthday"]["rejected_why"]} == {"no_such_day", "partial", "in_future"}
    assert {w["word"]: w["count"] for w in fields["email"]["hints"]} == {"disposable": 1, "role": 1}
    assert found["messages"] == 5
    assert found["filled"] == sum(each[0] for each in counts.values())
    good = {
        "email": 3 * (4 - 1),
        "phone": 3 * 4,
        "name": 2 * 4,
        "birthday": 2 * 2,
        "gender": 3,
        "address": 1,
        "city": 4,
    }
    whole = {"email": 3 * 5, "phone": 3 * 5, "name": 2 * 5, "birthday": 2 * 5, "gender": 4, "address": 1, "city": 4}
    assert found["score"] == round(100 * sum(good.values()) / sum(whole.values()))


def test_examples_lead_to_the_person_and_are_masked_without_the_right(quen: Quen) -> None:
    key = quen.source("server", "Quầy ví dụ")
    quen.send(
        {"type": "identify", "userId": "dqe-1", "traits": {"sdt": "0912 34", "mail": "lan.dqe@@shop.vn"}}, source=key
    )
    person = quen.profile("user_id:dqe-1")
    found = of_source(quen.api(), "Quầy ví dụ", 1)
    path = f"quality/{found['source_id']}/examples"
    phone = {"field": "phone", "outcome": "problem", "word": "too_short"}
    (example,) = quen.api().get(path, params=phone).json()["items"]
    assert (example["given"], example["stored"], example["trait"]) == ("0912 34", None, "sdt")
    assert example["profile_id"] == person["id"]
    masked = quen.api("developer")
    (example,) = masked.get(path, params=phone).json()["items"]
    assert example["given"] == "•••234"
    (example,) = masked.get(path, params={"field": "email", "outcome": "problem", "word": "several"}).json()["items"]
    assert "lan" not in example["given"]

    assert masked.get(path, params={**phone, "field": "x"}).status_code == 422
    assert masked.get(path, params={**phone, "outcome": "x"}).status_code == 422
    assert masked.get(path, params={"field": "phone"}).status_code == 422
    assert masked.get("quality/1").status_code == 404
    assert masked.get("quality", params={"days": 0}).status_code == 422
    for role in ("analyst", "marketer", "care"):
        assert quen.api(role).get("quality").status_code == 403
        assert quen.api(role).get(path, params=phone).status_code == 403


def test_a_source_declares_how_it_writes(quen: Quen, tmp_path: Path) -> None:
    api = quen.api()
    made = api.post("sources", json={"name": "US store", "kind": "server"}).json()
    usual = {
        "region": "VN", "day_first": True, "currency": "VND", "decimal": ",", "zone": "Asia/Ho_Chi_Minh",
    }  # fmt: skip
    assert made["locale"] == usual
    path = f"sources/{made['id']}"
    for wrong in ({"region": "XX"}, {"currency": "dong"}, {"decimal": ";"}, {"zone": "Mars/Base"}, {"language": "en"}):
        answer = api.patch(path, json={"locale": wrong})
        assert answer.status_code == 422, wrong
        assert next(iter(wrong)) in json.dumps(answer.json())
    declared = {
        "region": "us", "day_first": False, "currency": "USD", "decimal": ".", "zone": "America/New_York",
    }  # fmt: skip
    assert api.patch(path, json={"locale": declared}).json()["locale"] == {**declared, "region": "US"}
    assert api.patch(path, json={"name": "US shop"}).json()["locale"]["region"] == "US"

    def read() -> bool:
        traits = {"dob": "03/05/1990", "phone": "(415) 555-2671", "total_spent": "1,234.50"}
        quen.send({"type": "identify", "userId": "dq-us", "traits": traits}, source=made["write_key"])
        found = quen.profile("user_id:dq-us")["traits"]
        return bool(found == {"dob": "1990-03-05", "phone": "+14155552671", "total_spent": 1234.5})

    eventually(read)  # the engine takes a change over within a second
    assert quen.profile("phone:+14155552671")["identifiers"]

    files = api.post("sources", json={"name": "US files", "kind": "file"}).json()
    assert api.patch(f"sources/{files['id']}", json={"locale": declared}).status_code == 200
    rows = tmp_path / "us.csv"
    rows.write_text("customer_id,phone,birthday\ndq-us-2,(415) 555-2672,03/25/1990\n")
    imported(quen, rows, "US files")
    eventually(lambda: quen.profile("user_id:dq-us-2")["traits"].get("birthday") == "1990-03-25")
    assert quen.profile("user_id:dq-us-2")["traits"]["phone"] == "+14155552672"

    back = api.patch(path, json={"locale": {"region": None, "day_first": None}}).json()["locale"]
    assert (back["region"], back["day_first"], back["currency"]) == ("VN", True, "USD")


def test_what_a_browser_says_is_cleaned_too(quen: Quen) -> None:
    key = quen.source("browser", "Trang chất lượng")
    quen.send(
        {
            "type": "identify",
            "anonymousId": "dq-b1",
            "traits": {"email": "Dq.Lan@Shop.Example", "ngay_sinh": "3/2/1991"},
        },
        {"type": "track", "event": "Seen", "anonymousId": "dq-b1", "context": {"traits": {"phone": "123"}}},
        source=key,
    )
    quen.settle()
    person = quen.profile("anonymous_id:dq-b1")
    assert person["traits"] == {"email": "Dq.Lan@shop.example", "ngay_sinh": "1991-02-03"}
    assert of_source(quen.api(), "Trang chất lượng", 1)["messages"] == 1


def test_a_trait_of_quens_own_name_is_not_taken_and_says_so(quen: Quen) -> None:
    key = quen.source("server", "Quầy mạo danh")
    forged = {"computed": {"spent": 99}, "computed.spent": 99, "quen:list:1": True, "city": "Huế"}
    quen.send({"type": "identify", "userId": "dqo-1", "traits": forged}, source=key)
    person = quen.profile("user_id:dqo-1")
    assert person["traits"] == {"city": "Huế"}
    assert "spent" not in person["computed"]
    (event,) = quen.api().get(f"profiles/{person['id']}/events", params={"event": "Identified"}).json()["items"]
    assert event["properties"].keys() >= {"computed", "quen:list:1", "city"}  # the event is stored as it came
    found = of_source(quen.api(), "Quầy mạo danh", 1)
    (field,) = [field for field in found["fields"] if field["field"] == "reserved"]
    assert (field["filled"], field["rejected"]) == (3, 3)
    assert field["rejected_why"] == [{"word": "own_name", "count": 3}]
    place = {"field": "reserved", "outcome": "problem", "word": "own_name"}
    shown = quen.api().get(f"quality/{found['source_id']}/examples", params=place).json()["items"]
    assert {(each["trait"], each["given"]) for each in shown} == {
        ("computed", '{"spent":99}'),
        ("computed.spent", "99"),
        ("quen:list:1", "true"),
    }
    assert {each["profile_id"] for each in shown} == {person["id"]}
