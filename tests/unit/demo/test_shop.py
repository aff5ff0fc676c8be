"""The storefront's server and the mailbox, with real requests and a real SMTP client."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from quen.config import config
from quen.demo.catalogue import PRODUCTS
from quen.demo.shop.accounts import Accounts
from quen.demo.shop.mail import Mailbox, MailServer, with_links_in_new_tabs
from quen.demo.shop.site import Shop, serve
from quen.demo.shop.words import WORDS
from quen.demo.simulator import Simulator
from tests.support import free_port


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mail")


@pytest.fixture
def shop(mailbox: Mailbox, tmp_path: Path) -> Iterator[httpx.Client]:
    parts = Shop(
        config(), "wk<1>", mailbox, Accounts(tmp_path / "accounts.json"), Simulator([], {}, "http://127.0.0.1:1")
    )
    server = serve(parts, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=60) as client:
        yield client
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize("path", ["/", "/p/GM-01", "/cart", "/checkout", "/thanks", "/signup", "/mailbox"])
def test_pages(shop: httpx.Client, path: str, language: str) -> None:
    answer = shop.get(path, headers={"Cookie": f"lang={language}"})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert "wk<1>" not in answer.text  # whatever the key is, it opens no element


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["vi"].keys() == WORDS["en"].keys()


def test_drawings_and_files(shop: httpx.Client) -> None:
    assert shop.get(f"/drawing/{PRODUCTS[0].id}.svg").headers["content-type"] == "image/svg+xml"
    assert shop.get("/static/shop.js").status_code == 200
    for path in ("/nothing", "/p/NO-1", "/drawing/x.svg", "/static/../site.py", "/mailbox/7", "/mailbox/x", "/a/b/c/d"):
        assert shop.get(path).status_code == 404


def test_another_site_cannot_post(shop: httpx.Client) -> None:
    assert shop.post("/simulator", data={"on": "1"}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert shop.post("/accounts", data={"email": "a" * 20_000}).status_code == 403
    assert shop.get("/health").status_code == 200


def test_a_member_keeps_the_id(shop: httpx.Client) -> None:
    first = shop.post("/accounts", data={"email": "Lan@b.example"}).json()
    assert shop.post("/accounts", data={"email": " lan@B.example "}).json() == first
    assert shop.post("/accounts", data={"email": "c@b.example"}).json() != first
    assert shop.post("/accounts", data={"email": "không"}).status_code == 422


def test_a_letter_is_shown_without_power(shop: httpx.Client, mailbox: Mailbox, tmp_path: Path) -> None:
    server = MailServer(mailbox, port := free_port())
    server.start()
    letter = EmailMessage()
    letter["Subject"] = "<script>alert(1)</script> Chào bạn"
    letter["From"], letter["To"] = "shop@b.example", "lan@b.example"
    letter.set_content("Bản chữ")
    letter.add_alternative(
        "<html><body><script>alert(2)</script><a href='https://x.example'>mở</a></body></html>", "html"
    )
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(letter)
    server.stop()
    page = shop.get("/mailbox").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    shown = shop.get("/mailbox/1/html")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert "allow-scripts" not in shown.headers["content-security-policy"]
    assert '<base target="_blank">' in shown.text
    assert shop.get("/mailbox/newest").json() == {"newest": 1, "count": 1}
    assert [one.subject for one in Mailbox(tmp_path / "mail").newest()] == ["<script>alert(1)</script> Chào bạn"]


def test_a_letter_without_a_body_element() -> None:
    assert with_links_in_new_tabs("<p>a</p>").startswith("<base")
