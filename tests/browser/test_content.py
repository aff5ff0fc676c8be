"""Content in a real browser: a template from a starter to the mailbox, its mistakes, and what became of messages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support import Quen, eventually, unique


@pytest.fixture
def person(quen: Quen) -> dict[str, str]:
    """Someone to look at templates as, with a name that means trouble."""
    user = f"u-{unique(8)}"
    name = f"Trần <b>Thị</b> {{{{ 7 }}}} {user}"
    quen.send({"type": "identify", "userId": user, "traits": {"name": name, "email": f"{user}@example.com"}})
    return {"user": user, "name": name, "id": quen.profile(f"user_id:{user}")["id"]}


def begin(page: Page, starter: str = "Bỏ quên giỏ hàng") -> None:
    page.goto("/content/new")
    page.locator(".q-starter").filter(has_text=starter).first.get_by_role("button").click()
    expect(page.locator("#preview iframe")).to_be_visible()


def letter(page: Page):  # type: ignore[no-untyped-def]  # FrameLocator
    return page.frame_locator("#preview iframe").locator("body")


def complaints(page: Page) -> list[str]:
    return list(page.complaints)  # type: ignore[attr-defined]


def test_from_a_starter_to_a_saved_template(page: Page) -> None:
    begin(page)
    expect(letter(page)).to_contain_text("Khăn lụa tơ tằm")
    name = f"Giỏ hàng {unique(6)}"
    page.get_by_label("Tên").fill(name)
    page.get_by_label("Tiêu đề").fill("Chào {{ person.city }}")
    expect(page.locator(".q-preview-subject")).to_have_text("Chào Hà Nội")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("Đã lưu.")).to_be_visible()
    page.goto("/content")
    expect(page.get_by_role("link", name=name)).to_be_visible()
    assert complaints(page) == []


def test_a_mistake_is_said_while_typing_and_leads_to_its_line(page: Page) -> None:
    begin(page, "Mẫu trống")
    source = page.locator("#id_body")
    text = source.input_value()
    source.fill(text.replace("</mj-body>", "<mj-section>\n</mj-body>"))
    alert = page.locator("#preview .alert")
    expect(alert).to_contain_text(re.compile(r"Dòng \d+"))
    alert.get_by_role("button").click()
    chosen = "s => s.value.slice(s.selectionStart, s.selectionEnd)"
    eventually(lambda: source.evaluate(chosen) in {"</mj-body>", "  <mj-section>"})
    page.get_by_role("button", name="Lưu").click()
    expect(page.locator("#id_body_error")).to_contain_text("Dòng")
    assert "<mj-section>\n</mj-body>" in source.input_value()  # what was typed is kept


def test_looking_as_a_person_whose_name_is_an_attack(page: Page, person: dict[str, str]) -> None:
    begin(page, "Chào mừng")
    page.locator("#id_subject").fill("Chào {{ person.name }}")
    page.locator("#id_body").fill(
        "<mjml><mj-body><mj-text>Xin chào {{ person.name }} {{ person.nothing }}</mj-text></mj-body></mjml>"
    )
    page.get_by_role("button", name="Một khách mẫu").click()
    page.get_by_label("Xem với tư cách").fill(f"user_id:{person['user']}")
    page.locator(f"[data-person='{person['id']}']").click()
    expect(letter(page)).to_contain_text(f"Xin chào {person['name']}")
    expect(page.locator(".q-preview-subject")).to_have_text(f"Chào {person['name']}")
    assert page.frame_locator("#preview iframe").locator("b").count() == 0
    expect(page.locator(".q-warnings")).to_contain_text("person.nothing")


def test_a_preview_runs_nothing(page: Page) -> None:
    begin(page, "Mẫu trống")
    page.locator("#id_body").fill(
        "<mjml><mj-body><mj-raw><script>document.body.textContent = 'ran'; top.ran = 1</script></mj-raw>"
        "<mj-text>still here <img src='https://x.invalid/a.png' onerror='top.ran = 1' /></mj-text></mj-body></mjml>"
    )
    expect(letter(page)).to_contain_text("still here")
    assert page.evaluate("() => window.ran") is None
    frame = page.locator("#preview iframe")
    assert frame.get_attribute("sandbox") == ""
    answer = page.request.get(frame.get_attribute("src") or "")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_width_of_a_phone(page: Page) -> None:
    begin(page)
    page.get_by_role("button", name="Trên điện thoại").click()
    expect(page.locator("#preview iframe")).to_have_css("width", "375px")
    page.get_by_role("button", name="Trên máy tính").click()
    expect(page.locator("#preview iframe")).not_to_have_css("width", "375px")


def test_a_test_send_arrives(page: Page, quen: Quen) -> None:
    begin(page, "Chào mừng")
    address = f"try-{unique(8)}@example.com"
    page.get_by_label("Gửi thử").fill(address)
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.get_by_text(f"Đã gửi tới {address}.")).to_be_visible()
    (mail,) = quen.smtp.wait_for(address)
    assert mail.subject.startswith("[Thử] Chào Lan") and mail.message["List-Unsubscribe"] is None
    page.get_by_label("Gửi thử").fill("không phải địa chỉ")
    page.locator("#test-address").evaluate("input => input.form.noValidate = true")
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.locator("#test-result")).to_contain_text("is not an e-mail address")


def test_suppressing_by_hand_and_taking_it_back(page: Page) -> None:
    address = f"thoi-{unique(8)}@example.com"
    page.goto("/content/suppressions")
    page.get_by_label("Chặn một địa chỉ").fill(address)
    page.get_by_role("button", name="Chặn gửi").click()
    row = page.locator(".q-suppression").filter(has_text=address)
    expect(row).to_contain_text("Được chặn thủ công")
    row.get_by_role("button", name="Bỏ").click()
    page.locator("#q-confirm-yes").click()
    expect(page.locator(".q-suppression").filter(has_text=address)).to_have_count(0)


def test_what_became_of_a_message(page: Page, phone_page: Page, quen: Quen, person: dict[str, str]) -> None:
    event = f"Welcome {unique(6)}"
    body = (
        "<mjml><mj-body><mj-text>Chào {{ person.name }} <a href='https://a.example/'>x</a></mj-text></mj-body></mjml>"
    )
    made = quen.api().post("templates", json={"name": event, "subject": event, "body": body}).json()["id"]
    graph = {
        "trigger": {"type": "event", "event": event, "where": [], "max_age": "24h"},
        "entry_key": None, "reentry": "always", "exit_when": None, "exit_on": [],
        "nodes": [{"id": "mail", "type": "email", "template_id": made}],
    }  # fmt: skip
    journey = quen.api().post("journeys", json={"name": event, "graph": graph}).json()["id"]
    assert quen.api().post(f"journeys/{journey}/publish").status_code == 200
    eventually(lambda: quen.api().get(f"journeys/{journey}").json()["status"] == "live")
    quen.send({"type": "track", "userId": person["user"], "event": event})
    quen.smtp.wait_for(f"{person['user']}@example.com")
    sent_as = {"journey": journey, "status": "accepted"}
    eventually(lambda: quen.api().get("messages", params=sent_as).json()["items"])

    page.goto(f"/messages?journey={journey}")
    row = page.locator(".q-message-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(person["name"])
    row.click()
    expect(page.locator("h1")).to_contain_text("Đã gửi")
    sent = page.frame_locator(".q-sent-frame")
    expect(sent.locator("body")).to_contain_text(f"Chào {person['name']}")
    assert sent.locator("a").first.get_attribute("href") == "https://a.example/"
    (message,) = quen.api().get("messages", params={"journey": journey}).json()["items"]
    assert message["opened_at"] is None  # looking here is no opening
    assert complaints(page) == []

    phone_page.goto(f"/messages/{message['id']}")
    assert phone_page.evaluate("() => document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", ["/content", "/content/new", "/messages", "/content/suppressions", "/content/sending"])
def test_nothing_is_wider_than_a_phone(phone_page: Page, path: str) -> None:
    phone_page.goto(path)
    assert phone_page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert complaints(phone_page) == []
