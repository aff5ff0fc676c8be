"""A newcomer's first minutes: `quen demo`, shop with the real browser SDK, and find herself in Quen."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import eventually, free_port

COMMAND = [str(Path(sys.executable).with_name("quen")), "demo", "--customers", "40", "--days", "20", "--quiet-shop"]


class Demo:
    """`quen demo` over a data directory of its own, on free ports."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.log = data_dir.with_suffix(".log")
        console, edge, shop, smtp = (free_port() for _ in range(4))
        self.console, self.shop = f"http://127.0.0.1:{console}", f"http://127.0.0.1:{shop}"
        ports = ["--port", console, "--edge-port", edge, "--shop-port", shop, "--smtp-port", smtp]
        self._command = [*COMMAND, "--data", str(data_dir), *map(str, ports)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(lambda: "is open" in self.said(), 300)

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        assert self._process.wait(60) == 0

    @property
    def password(self) -> str:
        match = re.search(r"demo@quen\.local with (\S+)", self.said())
        assert match, self.said()
        return match[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    instance = Demo(tmp_path_factory.mktemp("demo") / "data")
    instance.start()
    yield instance
    instance.stop()


@pytest.fixture
def shopper(browser: Browser, demo: Demo) -> Iterator[Page]:
    context = browser.new_context(base_url=demo.shop, locale="vi-VN", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not complaints


@pytest.fixture
def console(browser: Browser, demo: Demo) -> Iterator[Page]:
    context = browser.new_context(base_url=demo.console, locale="vi-VN", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto("/")
    page.locator("input[name=login]").fill("demo@quen.local")
    page.locator("input[type=password]").fill(demo.password)
    page.locator("form:has(input[type=password]) button[type=submit]").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    yield page
    context.close()


def letters(demo: Demo, address: str) -> list[Any]:
    page = httpx.get(f"{demo.shop}/mailbox", timeout=60).text
    return re.findall(rf'<a href="/mailbox/(\d+)"[^>]*>\s*<b>([^<]*)</b><span>{re.escape(address)}</span>', page)


def test_she_abandons_her_cart_and_is_reminded(demo: Demo, shopper: Page, console: Page) -> None:
    shopper.goto("/p/GM-03")
    shopper.locator("#add").click()
    expect(shopper.locator("#cart-count")).to_have_text("1")
    shopper.locator("#added a").click()
    shopper.locator("#to-checkout a").click()
    shopper.locator("[name=email]").fill("hoa.moi@hopthu.example")
    shopper.locator("[name=name]").fill("Hoa Mới")
    expect(shopper.locator("#who")).to_have_text("hoa.moi@hopthu.example")
    link = shopper.locator("#see-me").get_attribute("href") or ""
    assert link.startswith(demo.console)

    # She finds herself in the console.
    her = console.locator("tbody tr", has_text="hoa.moi@hopthu.example")

    def found() -> bool:
        console.goto(link)
        return her.count() == 1

    eventually(found, interval=0.5)
    her.get_by_role("link").first.click()
    console.wait_for_url(re.compile(r"/customers/\d+$"))
    # As people read it: which event is the latest, and what stands in its folded details, depends on the moment.
    expect(console.get_by_text("Chén mây (bộ 4)").filter(visible=True).first).to_be_visible()
    # A minute without touching the cart counts as leaving it; then comes the letter.
    (letter,) = eventually(lambda: letters(demo, "hoa.moi@hopthu.example"), 300, interval=1)
    assert letter[1] == "Chén mây (bộ 4) vẫn đang đợi"
    console.reload()
    expect(console.locator("main, header").get_by_text("Bỏ quên giỏ hàng").first).to_be_visible()
    shopper.goto(f"/mailbox/{letter[0]}")
    inside = shopper.frame_locator("iframe")
    with shopper.context.expect_page() as opened:
        inside.get_by_text("Quay lại giỏ hàng").click()
    opened.value.wait_for_url(f"{demo.shop}/cart")
    expect(opened.value.locator("#basket")).to_contain_text("Chén mây")


def test_she_orders(demo: Demo, shopper: Page, console: Page) -> None:
    shopper.goto("/")
    shopper.get_by_text("Trà ướp sen Tây Hồ").click()
    shopper.locator("#add").click()
    shopper.goto("/checkout")
    shopper.locator("[name=email]").fill("mai.order@hopthu.example")
    shopper.locator("[name=name]").fill("Mai Đặt Hàng")
    shopper.locator("[name=phone]").fill("0912 000 777")
    shopper.locator("#checkout button").click()
    shopper.wait_for_url("**/thanks")
    expect(shopper.locator("#cart-count")).to_be_hidden()

    def found() -> bool:
        console.goto("/customers?q=0912000777")
        return console.locator("tbody tr", has_text="Mai Đặt Hàng").count() == 1

    eventually(found, interval=0.5)


def test_she_signs_up_and_is_welcomed(demo: Demo, shopper: Page) -> None:
    shopper.goto("/signup")
    shopper.locator("[name=name]").fill("Vy <b>Thành Viên</b>")
    shopper.locator("[name=email]").fill("vy.moi@hopthu.example")
    shopper.locator("#signup button").click()
    expect(shopper.locator("#signed-up")).to_be_visible()
    (letter,) = eventually(lambda: letters(demo, "vy.moi@hopthu.example"), interval=0.5)
    assert letter[1].startswith("Chào Vy &lt;b&gt;Thành Viên")
    shopper.goto("/")
    shopper.locator("#panel summary").click()
    expect(shopper.locator("#known")).to_contain_text("vy.moi@hopthu.example")
    shopper.locator("#sign-out").click()
    expect(shopper.locator("#who")).to_have_text("khách chưa định danh")


def test_on_a_phone_and_in_english(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(base_url=demo.shop, viewport={"width": 390, "height": 844}, is_mobile=True)
    page = context.new_page()
    page.goto("/")
    page.get_by_text("English").click()
    expect(page.locator("h1")).to_have_text("A pot of tea, a quiet morning")
    for path in ("/", "/p/GM-01", "/cart", "/checkout", "/signup", "/mailbox"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    context.close()


def test_started_again_it_is_the_same_shop(demo: Demo) -> None:
    before, known = demo.password, letters(demo, "vy.moi@hopthu.example")
    demo.stop()
    demo.log.unlink()
    demo.start()
    assert demo.password == before
    assert "Making up" not in demo.said()
    assert letters(demo, "vy.moi@hopthu.example") == known
