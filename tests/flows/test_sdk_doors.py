"""Every address, every way to show a key, every limit and every answer of the tracking API."""

from __future__ import annotations

import base64
import gzip
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from quen.config import load
from quen.protocol.links import sign_click, sign_open, sign_unsubscribe
from quen.protocol.messages import Rejected
from tests.edge_only import EdgeOnly
from tests.support import basic_auth, eventually

EVENT = {"type": "track", "event": "Door", "userId": "d1"}
TYPES = {"t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias"}
BATCH_PATHS = [
    "/v1/batch",
    "/v1/b",
    "/v1/import",
    "/v1/batch/b",
    "/batch/b",
    "/batch",
    "/b",
    "/v1/v1/batch",
    "/v1/batch/",
    "/v1/import/",
    "//v1/batch",
    "/beacon/v1/batch",
]
SDK_HEADERS = {
    "authorization",
    "content-type",
    "x-retry-count",
    "anonymousid",
    "sentat",
    "rsa-recovered",
    "rsa-retry-attempt",
    "rsa-since-last-attempt",
    "rsa-since-first-attempt",
    "rsa-retry-reason",
}


@pytest.mark.parametrize("path", BATCH_PATHS)
def test_batches(edge: EdgeOnly, path: str) -> None:
    start = edge.journal.end()
    answer = edge.http.post(path, json={"batch": [EVENT, EVENT]}, headers=basic_auth(edge.key()))
    assert (answer.status_code, answer.content) == (200, b'{"success":true}')
    assert answer.headers["content-type"] == "application/json"
    assert [m.event for m in edge.messages(start, 2)] == ["Door", "Door"]


@pytest.mark.parametrize("prefix", ["/v1/", "/"])
@pytest.mark.parametrize("letter", TYPES)
def test_single_messages_by_name_and_by_letter(edge: EdgeOnly, prefix: str, letter: str) -> None:
    start = edge.journal.end()
    body = {"event": "Door", "userId": "d1", "traits": {"a": 1}, "name": "n"}  # the address says which type
    for path in (prefix + letter, prefix + TYPES[letter], prefix + TYPES[letter] + "/"):
        assert edge.http.post(path, json=body, headers=basic_auth(edge.key())).json() == {"success": True}
    assert [m.type for m in edge.messages(start, 3)] == [TYPES[letter]] * 3


def test_what_sdks_tell_about_themselves_is_thanked_for(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    assert edge.http.post("/v1/m", json={"series": []}).json() == {"success": True}
    assert edge.journal.end() == start


def test_rudders_merge(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    body = {"mergeProperties": [{"type": "email", "value": "a@b.vn"}, {"type": "mobile", "value": "0901234567"}]}
    edge.http.post("/v1/merge", json=body, headers=basic_auth(edge.key())).raise_for_status()
    (message,) = edge.messages(start, 1)
    assert [i[0] for i in message.external_ids] == ["email", "phone"]


def _ways(key: str) -> dict[str, dict[str, Any]]:
    def basic(text: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}

    body = {"batch": [EVENT]}
    return {
        "basic": {"headers": basic(f"{key}:"), "json": body},
        "basic without colon": {"headers": basic(key), "json": body},
        "basic with a password": {"headers": basic(f"{key}:x"), "json": body},
        "body": {"json": {**body, "writeKey": key}},
        "bearer and body": {"headers": {"Authorization": "Bearer token"}, "json": {**body, "writeKey": key}},
        "basic and body": {"headers": basic(f"{key}:"), "json": {**body, "writeKey": key}},
        "query": {"params": {"writeKey": key}, "json": body},
    }


@pytest.mark.parametrize("way", list(_ways("")))
def test_ways_to_show_the_key(edge: EdgeOnly, way: str) -> None:
    start = edge.journal.end()
    assert edge.http.post("/v1/batch", **_ways(edge.key())[way]).status_code == 200
    assert len(edge.messages(start, 1)) == 1
    refused = edge.http.post("/v1/batch", **_ways("wrong")[way])
    assert refused.status_code == 401
    assert refused.json()["code"] == "unknown_write_key" and refused.json()["message"]


def test_no_key_at_all(edge: EdgeOnly) -> None:
    refused = edge.http.post("/v1/batch", json={"batch": [EVENT]})
    assert (refused.status_code, refused.json()["code"]) == (401, "missing_write_key")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "nonsense"},
        {"content-encoding": "gzip"},  # labelled, though it is not
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_labels_do_not_matter(edge: EdgeOnly, headers: dict[str, str], packed: bool) -> None:
    start = edge.journal.end()
    content = json.dumps({"batch": [EVENT], "writeKey": edge.key()}).encode()
    answer = edge.http.post("/v1/batch", content=gzip.compress(content) if packed else content, headers=headers)
    assert answer.status_code == 200
    assert len(edge.messages(start, 1)) == 1


def test_chunked_transfer(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    content = json.dumps({"batch": [EVENT] * 100, "writeKey": edge.key()}).encode()
    answer = edge.http.post("/v1/batch", content=(content[i : i + 777] for i in range(0, len(content), 777)))
    assert answer.status_code == 200
    assert len(edge.messages(start, 100)) == 100


def test_a_source_made_a_moment_ago_works_at_once(edge: EdgeOnly) -> None:
    edge.http.post("/v1/t", json={**EVENT, "writeKey": edge.key()}).raise_for_status()
    key = edge.key("browser", "Made a moment ago")
    assert edge.http.post("/v1/t", json={**EVENT, "writeKey": key}).status_code == 200


def test_a_beacon_and_a_browsers_address(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    key = edge.key("browser")
    body = {"batch": [{**EVENT, "context": {"ip": "8.8.8.8"}}]}
    answer = edge.http.post(
        f"/beacon/v1/batch?writeKey={key}",
        content=json.dumps(body),
        headers={"content-type": "text/plain", "user-agent": "Mozilla/5.0", "x-forwarded-for": "9.9.9.9"},
    )
    assert answer.status_code == 200
    (message,) = edge.messages(start, 1, source_kind="browser")
    assert not message.trusted
    assert (
        json.loads(message.context)["ip"] == "127.0.0.1"
    )  # as the connection shows it, whatever body and headers claim
    assert json.loads(message.context)["userAgent"] == "Mozilla/5.0"


def test_a_pixel_always_shows_its_picture(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    query = {
        "writeKey": edge.key("browser"),
        "anonymousId": "px-1",
        "event": "Thư đã đọc",
        "properties.total": "5",
        "context": '{"locale":"vi"}',
    }
    for path, parameters in (
        ("track", query),
        ("page", {**query, "name": "Home"}),
        ("track", {"writeKey": "wrong"}),
        ("page", {}),
    ):
        answer = edge.http.get(f"/pixel/v1/{path}", params=parameters)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
        assert answer.content.startswith(b"GIF89a") and "no-store" in answer.headers["cache-control"]
    track, page = edge.messages(start, 2, source_kind="browser")
    assert (track.event, track.anonymous_id, track.properties) == ("Thư đã đọc", "px-1", {"total": "5"})
    assert json.loads(track.context)["locale"] == "vi"
    assert (page.event, page.properties["name"]) == ("Page Viewed", "Home")


def test_a_disabled_source_is_answered_and_its_messages_only_counted(edge: EdgeOnly) -> None:
    key = edge.key("server", "Disabled")
    _set_enabled(edge, key, False)

    def only_counted() -> list[Any] | None:
        start = edge.journal.end()
        answer = edge.http.post("/v1/batch", json={"batch": [EVENT] * 3}, headers=basic_auth(key))
        assert answer.json() == {"success": True}
        found = edge.decoded(start)
        return found if all(isinstance(i, Rejected) for i in found) else None

    items = eventually(only_counted)  # the change counts within a second
    assert [(i.reason.value, i.body) for i in items] == [("source_disabled", b"")] * 3
    _set_enabled(edge, key, True)


def _set_enabled(edge: EdgeOnly, key: str, enabled: bool) -> None:
    with sqlite3.connect(edge.data_dir / "state.db") as state:
        state.execute("UPDATE connectors_source SET enabled = ? WHERE write_key = ?", (enabled, key))
    state.close()


def test_limits(edge: EdgeOnly) -> None:
    headers = basic_auth(edge.key())
    start = edge.journal.end()

    def status(body: Any, path: str = "/v1/batch") -> int:
        answer = edge.http.post(path, content=json.dumps(body), headers=headers)
        if answer.status_code != 200:
            assert answer.json()["code"] and answer.json()["message"]
        return answer.status_code

    filler = {**EVENT, "properties": {"text": "x" * 30_000}}
    assert status({"batch": [filler] * 16}) == 200
    assert status({"batch": [filler] * 17}) == 413  # over 500 KB, as Segment has it
    rudder = {**filler, "originalTimestamp": "2026-01-01T00:00:00Z"}
    assert status({"batch": [rudder] * 100}) == 200
    assert status({"batch": [rudder] * 140}) == 413  # over 4 MB
    assert status({"batch": [{}] * 2501}) == 413
    assert len(edge.messages(start, 116)) == 116
    start = edge.journal.end()
    assert status({**EVENT, "properties": {"text": "x" * 40_000}}, "/v1/track") == 200
    (large,) = edge.decoded(start)
    assert isinstance(large, Rejected) and large.reason.value == "too_large"


def test_cors(edge: EdgeOnly) -> None:
    origin = {"origin": "https://shop.example"}
    for path in ("/v1/t", "/v1/projects/x/settings", "/beacon/v1/batch", "/sourceConfig", "/anything"):
        asked = edge.http.options(
            path,
            headers={
                **origin,
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,anonymousid",
            },
        )
        assert asked.status_code in {200, 204}
        assert asked.headers["access-control-allow-origin"] == "https://shop.example"
        allowed = {h.strip() for h in asked.headers["access-control-allow-headers"].split(",")}
        assert allowed >= SDK_HEADERS
        assert "POST" in asked.headers["access-control-allow-methods"]
    answers = [
        edge.http.post("/v1/t", json=EVENT, headers={**origin, **basic_auth(edge.key())}),
        edge.http.post("/v1/t", json=EVENT, headers=origin),
        edge.http.post("/v1/t", content="{", headers={**origin, **basic_auth(edge.key())}),
        edge.http.get(f"/v1/projects/{edge.key()}/settings", headers=origin),
        edge.http.get("/nowhere", headers=origin),
    ]
    assert [a.status_code for a in answers] == [200, 401, 400, 200, 404]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.headers["access-control-expose-headers"] == "Retry-After"
        assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "path", ["/v1/projects/{}/settings", "/v1/projects/projects/{}/settings", "/projects/{}/settings"]
)
def test_settings_of_segments_sdks(edge: EdgeOnly, path: str) -> None:
    key = edge.key("browser")
    answer = edge.http.get(path.format(key))
    assert answer.status_code == 200
    settings = answer.json()
    assert list(settings["integrations"]) == ["Segment.io"]
    segment = settings["integrations"]["Segment.io"]
    assert (segment["apiKey"], segment["apiHost"]) == (key, f"127.0.0.1:{edge.port}/v1")
    assert settings["metrics"] == {"sampleRate": 0}
    assert edge.http.get(path.format("wrong")).status_code == 404


def test_settings_of_rudders_sdks(edge: EdgeOnly) -> None:
    key = edge.key("browser")
    by_query = edge.http.get("/sourceConfig/", params={"writeKey": key, "p": "web"})
    by_header = edge.http.get("/sourceConfig", headers=basic_auth(key))
    for answer in (by_query, by_header):
        source = answer.json()["source"]
        assert source["id"] and source["config"] and source["destinations"] == [] and source["enabled"] is True
    assert edge.http.head("/sourceConfig/", params={"view": "ad"}).status_code == 200
    assert edge.http.get("/sourceConfig/", params={"writeKey": "wrong"}).status_code == 404
    assert edge.http.get("/sourceConfig/").status_code == 401


def test_files_of_the_browser_sdks(edge: EdgeOnly) -> None:
    script = edge.http.get(f"/analytics.js/v1/{edge.key('browser')}/analytics.min.js")
    assert script.status_code == 200 and script.headers["content-type"].startswith("text/javascript")
    assert script.headers["content-encoding"] == "gzip" and len(script.text) > 50_000
    plain = edge.http.get("/analytics.js/v1/x/analytics.min.js", headers={"accept-encoding": "identity"})
    assert plain.text == script.text
    from quen.edge.sdk import VENDOR

    bundle = next(p.name for p in (VENDOR / "analytics-next").glob("*.bundle.*.js"))
    assert edge.http.get(f"/analytics-next/bundles/{bundle}").text == (VENDOR / "analytics-next" / bundle).read_text()
    for path in ("missing.js", "LICENSE.MD", "%2e%2e%2fhtmx%2fhtmx.min.js", "..%2f..%2f..%2f..%2fconfig.py", ""):
        assert edge.http.get(f"/analytics-next/bundles/{path}").status_code == 404
    assert edge.http.get("/next-integrations/x/1.0.0/x.js").status_code == 404
    assert edge.http.get("/v3/modern/rsa.min.js").status_code == 200


def test_what_is_not_here(edge: EdgeOnly) -> None:
    assert edge.http.get("/").status_code == 404
    assert edge.http.get("/v1/track").status_code == 404
    assert edge.http.post("/nowhere").status_code == 404
    assert edge.http.put("/v1/track").status_code == 405
    for answer in (edge.http.get("/"), edge.http.put("/v1/track")):
        assert answer.json()["code"] and answer.json()["message"]


def test_health(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    answer = edge.http.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert edge.journal.end() == start


# Links in messages


def secret(edge: EdgeOnly) -> str:
    return str(load(edge.data_dir, {}).secret_key)


def noted(edge: EdgeOnly, start: int) -> list[tuple[str, dict[str, Any]]]:
    return [(e.kind, json.loads(e.body)) for e in edge.entries(start)]


def test_an_open(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    for ending in ("", ".gif"):
        answer = edge.http.get(f"/o/{sign_open(secret(edge), 77)}{ending}", headers={"user-agent": "Mail"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert edge.http.get("/o/wrong").headers["content-type"] == "image/gif"
    entries = noted(edge, start)
    assert [kind for kind, _ in entries] == ["open", "open"]
    assert entries[0][1]["m"] == 77 and entries[0][1]["ua"] == "Mail" and entries[0][1]["t"] > 1_700_000_000_000


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://shop.example/a?b=1&c=%20d#e", "https://shop.example/a?b=1&c=%20d#e"),
        ("https://shop.example/áo sơ mi", "https://shop.example/%C3%A1o%20s%C6%A1%20mi"),
        ("https://shop.example/\r\nSet-Cookie: x=1", "https://shop.example/%0D%0ASet-Cookie:%20x=1"),
    ],
)
def test_a_click_leads_on_and_is_noted(edge: EdgeOnly, url: str, location: str) -> None:
    start = edge.journal.end()
    address = f"/c/{sign_click(secret(edge), 78, url)}"
    answer = edge.http.get(address)
    assert (answer.status_code, answer.headers["location"]) == (302, location)
    assert "set-cookie" not in answer.headers
    ((kind, body),) = noted(edge, start)
    assert (kind, body["m"], body["url"]) == ("click", 78, url)
    assert edge.http.head(address).status_code == 302  # a mail filter's look is no click
    assert len(noted(edge, start)) == 1


def test_nobody_else_can_make_us_lead_somewhere(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    for token in (
        sign_click("other secret", 78, "https://evil.example/"),
        sign_open(secret(edge), 78),
        sign_click(secret(edge), 78, "javascript:alert(1)"),
        "x",
    ):
        answer = edge.http.get(f"/c/{token}")
        assert answer.status_code == 404 and "location" not in answer.headers
    assert noted(edge, start) == []


def test_unsubscribing(edge: EdgeOnly) -> None:
    start = edge.journal.end()
    address = f"/u/{sign_unsubscribe(secret(edge), 79)}"
    page = edge.http.get(address, headers={"accept-language": "en-US,en;q=0.9,vi;q=0.8"})
    assert page.status_code == 200 and '<html lang="en">' in page.text and "<form method=" in page.text
    assert 'lang="vi"' in edge.http.get(address, headers={"accept-language": "fr, vi-VN;q=0.5"}).text
    assert 'lang="vi"' in edge.http.get(address).text  # the workspace's language
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert noted(edge, start) == []  # a mail filter that follows the link unsubscribes nobody
    assert edge.http.post(address, content="").status_code == 200
    one_click = edge.http.post(address, data={"List-Unsubscribe": "One-Click"})  # RFC 8058
    assert one_click.status_code == 200
    assert [(k, b["m"], b["how"]) for k, b in noted(edge, start)] == [
        ("unsubscribe", 79, "page"),
        ("unsubscribe", 79, "one-click"),
    ]
    assert edge.http.post("/u/wrong").status_code == 404


def test_logs_hold_nothing_personal(edge: EdgeOnly) -> None:
    body = {**EVENT, "userId": "person@example.com", "traits": {"phone": "0909999999"}}
    edge.http.post("/v1/t", json=body, headers=basic_auth(edge.key()))
    edge.http.post("/v1/t", content=json.dumps(body)[:-1], headers=basic_auth(edge.key()))
    assert "person@example.com" not in edge.log() and "0909999999" not in edge.log()


def test_it_stays_small(tmp_path: Path) -> None:
    """No event store, no Django: what the public reaches knows nothing of them."""
    edge = EdgeOnly(tmp_path / "edge")  # of its own: what others sent is no matter
    edge.prepare()
    edge.start()
    for _ in range(20):
        edge.http.post("/v1/batch", json={"batch": [EVENT] * 100}, headers=basic_auth(edge.key())).raise_for_status()
    status = Path(f"/proc/{edge.pid}/status").read_text()
    resident_kb = int(status.partition("VmRSS:")[2].split()[0])
    assert resident_kb < 150_000
    assert "chdb" not in Path(f"/proc/{edge.pid}/maps").read_text()
    edge.close()
