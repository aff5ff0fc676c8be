"""The published browser SDKs, unmodified, in a real browser on a page of another origin, against the edge."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from quen.edge.sdk import VENDOR
from quen.protocol.messages import Message
from tests.edge_only import EdgeOnly
from tests.support import eventually, run_node

SEGMENT_CDN = "https://cdn.segment.com"
# The public snippet, rendered by the package that Segment publishes it in.
PRINT_SNIPPET = """
import snippet from '@segment/snippet'
const [kind, apiKey] = process.argv.slice(-2)
console.log(snippet[kind]({ apiKey, page: { properties: { shelf: 'tea' } } }))
"""


class Site:
    """A shop's website: pages by address, on an origin of its own."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = site.pages.get(self.path)
                self.send_response(404 if content is None else 200)
                kind = "text/javascript" if self.path.endswith(".js") else "text/html"
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.end_headers()
                self.wfile.write((content or "").encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def show(self, path: str, head: str, title: str = "Trà shan tuyết") -> str:
        """Put a page there; its address."""
        self.pages[path] = (
            f'<!doctype html><html lang="vi"><head><title>{title}</title>{head}</head><body></body></html>'
        )
        return self.url + path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    made = Site()
    made.show("/favicon.ico", "")
    yield made
    made.close()


@pytest.fixture
def shopper(browser: Browser, edge: EdgeOnly, site: Site) -> Iterator[Page]:
    """A visitor's browser. It may talk to the shop and to the edge, and nothing may go wrong in it."""
    context = browser.new_context(locale="vi-VN")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    asked: set[str] = set()
    context.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    yield page
    context.close()
    assert faults == []
    assert asked <= {urlsplit(site.url).netloc, urlsplit(edge.url).netloc}


def snippet(edge: EdgeOnly, kind: str) -> str:
    text = run_node(PRINT_SNIPPET, kind, edge.key("browser"))
    assert SEGMENT_CDN in text
    return f"<script>{text.replace(SEGMENT_CDN, edge.url)}</script>"


def received(edge: EdgeOnly, start: int, count: int) -> dict[str, Message]:
    """The messages by event name."""
    return {m.event: m for m in edge.messages(start, count, source_kind="browser")}


@pytest.mark.parametrize("kind", ["max", "min"])
def test_segments_public_snippet_works_by_changing_the_host(
    edge: EdgeOnly, site: Site, shopper: Page, kind: str
) -> None:
    start = edge.journal.end()
    head = snippet(edge, kind) + "<script>analytics.track('Product Viewed', {sku: 'T1', price: 250000})</script>"
    address = site.show(f"/{kind}?utm_source=zalo", head)
    shopper.goto(address)
    shopper.wait_for_function("analytics.initialized")
    received(edge, start, 2)  # else what waited for the SDK may leave after it has been told who this is
    shopper.evaluate("analytics.identify('u-7', {email: 'chi@example.com', city: 'Hà Giang', old: null})")
    shopper.evaluate("analytics.group('g-1', {name: 'Khách quen'})")
    shopper.evaluate("analytics.track('Product Added', {sku: 'T1', quantity: 2})")
    sent = received(edge, start, 5)
    page, viewed, added = sent["Page Viewed"], sent["Product Viewed"], sent["Product Added"]
    assert page.properties["shelf"] == "tea"
    assert page.properties["url"] == address and page.properties["title"] == "Trà shan tuyết"
    assert viewed.properties == {"sku": "T1", "price": 250_000}
    assert (viewed.user_id, added.user_id) == (None, "u-7")
    assert viewed.anonymous_id and {m.anonymous_id for m in sent.values()} == {viewed.anonymous_id}
    assert sent["Identified"].traits == {"email": "chi@example.com", "city": "Hà Giang", "old": None}
    assert sent["Group Joined"].group_id == "g-1"
    for message in sent.values():
        assert not message.trusted
        assert json.loads(message.context)["ip"] == "127.0.0.1" and "Chrome" in json.loads(message.context)["userAgent"]
        assert 0 <= message.received_at - message.time < 60_000
    assert json.loads(viewed.context)["campaign"] == {"source": "zalo"}


def test_segments_sdk_remembers_its_visitor_over_pages(edge: EdgeOnly, site: Site, shopper: Page) -> None:
    start = edge.journal.end()
    for number in (1, 2):
        shopper.goto(site.show(f"/shelf-{number}", snippet(edge, "min")))
        shopper.wait_for_function("analytics.initialized")
        eventually(lambda n=number: edge.messages(start, n, source_kind="browser"))
    first, second = edge.messages(start, 2, source_kind="browser")
    assert first.anonymous_id == second.anonymous_id and first.message_id != second.message_id
    shopper.evaluate("analytics.reset()")
    shopper.evaluate("analytics.page('Mới')")
    assert edge.messages(start, 3, source_kind="browser")[2].anonymous_id != first.anonymous_id


def test_segments_sdk_batches_and_sends_what_is_left_when_the_page_goes(
    edge: EdgeOnly, site: Site, shopper: Page
) -> None:
    start = edge.journal.end()
    options = {"integrations": {"Segment.io": {"deliveryStrategy": {"strategy": "batching", "config": {"size": 4}}}}}
    head = snippet(edge, "min").replace(
        f'analytics.load("{edge.key("browser")}")', f'analytics.load("{edge.key("browser")}", {json.dumps(options)})'
    )
    shopper.goto(site.show("/batching", head))
    shopper.wait_for_function("analytics.initialized")
    for number in range(6):
        shopper.evaluate(f"void analytics.track('Counted', {{number: {number}}})")
    shopper.goto(site.show("/away", ""))

    # What was under way when the page went may be sent again: the journal has it twice, the engine takes it once.
    def counted() -> dict[str, int]:
        items = edge.decoded(start, source_kind="browser")
        return {m.message_id: m.properties["number"] for m in items if isinstance(m, Message) and m.event == "Counted"}

    eventually(lambda: len(counted()) >= 6, 30)
    assert sorted(counted().values()) == list(range(6))


def test_segments_parts_are_served_too(edge: EdgeOnly, site: Site, shopper: Page) -> None:
    """The query-string part is fetched only where an address asks for it."""
    start = edge.journal.end()
    address = site.show("/from-mail?ajs_uid=u-8&ajs_event=Mail%20Clicked&ajs_prop_link=top", snippet(edge, "min"))
    shopper.goto(address)
    shopper.wait_for_function("analytics.initialized")
    sent = received(edge, start, 3)
    assert sent["Mail Clicked"].properties == {"link": "top"}
    assert sent["Identified"].user_id == "u-8"


RudderPage = Callable[[EdgeOnly, Site], str]


def rudder_from_npm(edge: EdgeOnly, site: Site) -> str:
    """The package as published, served by the shop itself."""
    site.pages["/rudder.js"] = (VENDOR / "rudder/rudder-analytics.min.js").read_text("utf-8")
    head = f"""<script src="/rudder.js"></script><script>
    window.sdk = new rudderanalytics.RudderAnalytics()
    sdk.load({json.dumps(edge.key("browser"))}, {json.dumps(edge.url)}, {{configUrl: {json.dumps(edge.url)}}})
    </script>"""
    return site.show("/rudder-npm", head)


def rudder_from_edge(edge: EdgeOnly, site: Site) -> str:
    """The same served by the edge, which takes up the calls queued before it came, as Rudder's own file does."""
    head = f"""<script>
    window.rudderanalytics = [["load", {json.dumps(edge.key("browser"))}, {json.dumps(edge.url)},
      {{configUrl: {json.dumps(edge.url)}}}]]
    const script = document.createElement('script')
    script.src = {json.dumps(edge.url)} + '/v3/modern/rsa.min.js'
    script.onload = () => {{ window.sdk = window.rudderanalytics }}
    document.head.append(script)
    </script>"""
    return site.show("/rudder-edge", head)


@pytest.mark.parametrize("page_of", [rudder_from_npm, rudder_from_edge])
def test_rudders_sdk(edge: EdgeOnly, site: Site, shopper: Page, page_of: RudderPage) -> None:
    start = edge.journal.end()
    address = page_of(edge, site)
    shopper.goto(address)
    shopper.wait_for_function("window.sdk")
    shopper.evaluate("new Promise((resolve) => sdk.ready(resolve))")
    shopper.evaluate("void sdk.page('Shop', 'Home', {shelf: 'tea'})")
    shopper.evaluate("void sdk.track('Product Viewed', {sku: 'T1', price: 250000})")
    shopper.evaluate("void sdk.identify('u-9', {email: 'ba@example.com'})")
    shopper.evaluate("void sdk.group('g-1', {name: 'Khách quen'})")
    shopper.evaluate("void sdk.alias('u-9b')")
    sent = received(edge, start, 5)
    assert sent["Page Viewed"].properties["name"] == "Home" and sent["Page Viewed"].properties["category"] == "Shop"
    assert sent["Page Viewed"].properties["url"] == address
    assert sent["Product Viewed"].properties["sku"] == "T1"
    assert sent["Identified"].user_id == "u-9"
    assert sent["Identified"].traits["email"] == "ba@example.com"
    assert sent["Group Joined"].group_id == "g-1"
    assert sent["Aliased"].user_id == "u-9b"
    assert sent["Product Viewed"].anonymous_id == sent["Page Viewed"].anonymous_id
    for message in sent.values():
        assert not message.trusted and json.loads(message.context)["ip"] == "127.0.0.1"
        assert 0 <= message.received_at - message.time < 60_000


def test_rudders_beacon(edge: EdgeOnly, site: Site, shopper: Page) -> None:
    start = edge.journal.end()
    site.pages["/rudder.js"] = (VENDOR / "rudder/rudder-analytics.min.js").read_text("utf-8")
    head = f"""<script src="/rudder.js"></script><script>
    window.sdk = new rudderanalytics.RudderAnalytics()
    sdk.load({json.dumps(edge.key("browser"))}, {json.dumps(edge.url)},
      {{configUrl: {json.dumps(edge.url)}, useBeacon: true, beaconQueueOptions: {{flushQueueInterval: 300}}}})
    </script>"""
    shopper.goto(site.show("/rudder-beacon", head))
    shopper.evaluate("new Promise((resolve) => sdk.ready(resolve))")
    shopper.evaluate("void sdk.track('Product Viewed', {sku: 'T2'})")
    message = received(edge, start, 1)["Product Viewed"]
    assert message.properties["sku"] == "T2" and message.anonymous_id
