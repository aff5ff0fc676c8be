"""Someone who writes no code makes a journey in the editor, publishes it, and sees people go through."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from tests.support import Quen, eventually, unique

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page, Route

BODY = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>Giỏ hàng vẫn chờ bạn</mj-text></mj-column></mj-section></mj-body>"
    "</mjml>"
)


def template(quen: Quen) -> tuple[str, str]:
    """(id, name) of an e-mail template."""
    name = f"Nhắc giỏ hàng {unique(6)}"
    answer = quen.api().post("templates", json={"name": name, "subject": "Bạn quên gì đó?", "body": BODY})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], name


def journey(quen: Quen, graph: dict[str, Any], *, publish: bool = True) -> str:
    made = quen.api().post("journeys", json={"name": f"Thử {unique(6)}", "graph": graph})
    assert made.status_code == 201, made.text
    if publish:
        answer = quen.api().post(f"journeys/{made.json()['id']}/publish", json={})
        assert answer.status_code == 200, answer.text
    return str(made.json()["id"])


def drawer(page: Page) -> Locator:
    return page.locator("#j-drawer.show")


def saved(page: Page) -> Any:
    """The next change of the form in the drawer, answered."""
    action = drawer(page).locator(".j-form").get_attribute("hx-post")  # not that of the choice before it
    return page.expect_response(lambda r: r.request.method == "POST" and r.url.endswith(str(action)))


def done(page: Page) -> None:
    drawer(page).get_by_role("button", name="Hoàn tất").click()
    page.locator("#j-drawer:not(.show)").wait_for(state="attached")


def test_an_abandoned_cart_from_the_empty_page_to_the_mailbox(page: Page, quen: Quen) -> None:
    template_id, template_name = template(quen)
    event = f"Product Added {unique(6)}"
    page.goto("/journeys")
    if page.get_by_role("button", name="Hành trình mới").count():
        page.get_by_role("button", name="Hành trình mới").click()
    page.get_by_role("button", name=re.compile("Hành trình trống")).click()
    page.wait_for_url(re.compile(r"/journeys/\d+$"))

    # What starts it
    page.locator("#step-entry").click()
    with saved(page):
        drawer(page).get_by_label("Sự kiện", exact=True).fill(event)
        drawer(page).get_by_label("Một lượt cho mỗi").fill("cart_id")
    done(page)
    page.get_by_text(f"Bắt đầu khi khách có “{event}”").wait_for()

    # Wait, then write: the step wants a template, and says so beside the field
    page.locator("#add-start").click()
    drawer(page).get_by_role("button", name=re.compile("^Chờ")).click()
    with saved(page):
        drawer(page).get_by_label("Đơn vị").select_option("s")
    done(page)
    page.locator(".j-after .j-add").first.click()
    drawer(page).get_by_role("button", name=re.compile("^Gửi email")).click()
    drawer(page).get_by_text("Hãy chọn mẫu tin.").wait_for()
    page.get_by_text("Còn 1 việc trước khi xuất bản").wait_for()
    with saved(page):
        drawer(page).get_by_label("Mẫu tin").select_option(template_id)
    drawer(page).get_by_text("Hãy chọn mẫu tin.").wait_for(state="detached")
    page.get_by_text("Sẵn sàng xuất bản").wait_for()
    done(page)
    page.get_by_text(f"Gửi email “{template_name}”").wait_for()

    # Delete and undo
    page.locator(".j-step .j-card").last.click()
    drawer(page).get_by_role("button", name="Xóa").click()
    page.get_by_text(f"Gửi email “{template_name}”").wait_for(state="detached")
    page.get_by_role("button", name="Hoàn tác").click()
    page.get_by_text(f"Gửi email “{template_name}”").wait_for()

    page.get_by_role("button", name="Xuất bản").click()
    page.get_by_role("button", name="Xuất bản ngay").click()
    page.wait_for_url(re.compile("/results$"))

    address = f"{unique(8)}@example.com"
    quen.send(
        {"type": "identify", "userId": address, "traits": {"email": address, "name": "Nguyễn Thị Lan"}},
        {"type": "track", "userId": address, "event": event, "properties": {"cart_id": "c1"}},
    )
    mail = quen.smtp.wait_for(address, timeout=120)[0]
    assert mail.subject == "Bạn quên gì đó?"

    def counted() -> bool:
        page.reload()
        return page.locator(".j-count-accepted .q-num").get_by_text("1", exact=True).count() == 1

    eventually(counted, interval=0.5)
    page.locator(".j-count-accepted").click()
    drawer(page).get_by_role("link", name=re.compile("Lan")).click()
    page.wait_for_url(re.compile(r"/customers/\d+"))
    assert page.complaints == []  # type: ignore[attr-defined]


def test_a_condition_is_built_in_sentences_and_its_branches_filled(page: Page, quen: Quen) -> None:
    template_id, _ = template(quen)
    graph = {
        "trigger": {"type": "event", "event": "Signed Up"},
        "nodes": [{"id": "hello", "type": "email", "template_id": template_id}],
    }
    page.goto(f"/journeys/{journey(quen, graph, publish=False)}")
    page.locator("#step-hello").wait_for()
    page.locator(".j-after .j-add").first.click()
    drawer(page).get_by_role("button", name=re.compile("^Rẽ nhánh")).click()
    drawer(page).locator(".s-add button").nth(1).click()
    with saved(page):
        drawer(page).locator(".s-row input").first.fill("city")
        drawer(page).locator(".s-row input").first.press("Tab")
    with saved(page):
        drawer(page).locator(".s-row input").last.fill("Huế")
        drawer(page).locator(".s-row input").last.press("Tab")
    page.locator(".j-card", has_text="city").wait_for()
    page.get_by_text("Sẵn sàng xuất bản").wait_for()
    done(page)
    page.locator(".j-branch .j-add").first.click()
    drawer(page).get_by_role("button", name=re.compile("^Kết thúc sớm")).click()
    page.locator(".j-branch .j-card").wait_for()
    page.keyboard.press("Escape")
    page.locator("#j-drawer:not(.show)").wait_for(state="attached")
    assert page.complaints == []  # type: ignore[attr-defined]


def test_publishing_again_asks_what_becomes_of_people_inside(page: Page, quen: Quen) -> None:
    event = f"Start {unique(6)}"
    graph = {
        "trigger": {"type": "event", "event": event},
        "nodes": [{"id": "wait-a", "type": "wait", "duration": "1d"}],
    }
    journey_id = journey(quen, graph)
    quen.send({"type": "track", "userId": uuid.uuid4().hex, "event": event})
    runs = quen.api()
    eventually(lambda: runs.get(f"journeys/{journey_id}/runs").json()["items"])
    page.goto(f"/journeys/{journey_id}")
    page.get_by_role("button", name="Xuất bản thay đổi").click()
    dialog = page.locator("#j-modal.show")
    dialog.get_by_text("Hiện có 1 người đang trong hành trình").wait_for()
    dialog.get_by_text("Rời hành trình", exact=True).click()
    dialog.get_by_role("button", name="Xuất bản ngay").click()
    page.wait_for_url(re.compile("/results$"))
    run = eventually(lambda: runs.get(f"journeys/{journey_id}/runs?status=exited").json()["items"])[0]
    assert run["reason"] == "replaced" and run["version"] == 1


def test_a_dry_walk_sends_nothing(page: Page, quen: Quen) -> None:
    template_id, template_name = template(quen)
    graph = {
        "trigger": {"type": "event", "event": "Signed Up"},
        "nodes": [
            {"id": "wait-a", "type": "wait", "duration": "2d"},
            {
                "id": "condition-a",
                "type": "condition",
                "rule": {"trait": "city", "op": "eq", "value": "Huế"},
                "yes": [{"id": "email-a", "type": "email", "template_id": template_id}],
                "no": [],
            },
        ],
    }
    journey_id = journey(quen, graph, publish=False)
    name = f"Phạm {unique(6)}"
    address = f"{unique(8)}@example.com"
    quen.send({"type": "identify", "userId": address, "traits": {"email": address, "name": name, "city": "Huế"}})
    quen.profile(f"email:{address}")
    page.goto(f"/journeys/{journey_id}/test")
    page.get_by_label("Khách", exact=True).fill(name)
    page.get_by_role("link", name=re.compile(name)).click()
    page.locator(".j-walk", has_text=template_name).wait_for()
    assert quen.smtp.to(address) == []


def test_the_editor_by_keyboard_alone(page: Page, quen: Quen) -> None:
    graph = {
        "trigger": {"type": "event", "event": "Signed Up"},
        "nodes": [{"id": "wait-a", "type": "wait", "duration": "1d"}],
    }
    page.goto(f"/journeys/{journey(quen, graph, publish=False)}")
    page.locator("#step-wait-a").focus()
    page.keyboard.press("Enter")
    drawer(page).wait_for()
    page.locator("input[name=duration]:focus").wait_for()
    with saved(page):
        page.keyboard.press("Control+a")
        page.keyboard.type("5")
        page.keyboard.press("Tab")
    page.get_by_text("Chờ 5 ngày").wait_for()
    page.keyboard.press("Escape")
    page.locator("#step-wait-a:focus").wait_for()
    with page.expect_response(re.compile(r"/steps/undo$")):
        page.keyboard.press("Control+z")
    page.get_by_text("Chờ 1 ngày").wait_for()
    page.locator("#add-start").focus()
    page.keyboard.press("Enter")
    drawer(page).wait_for()
    page.locator("button[value=wait]:focus").wait_for()
    page.keyboard.press("Enter")
    page.locator(".j-step").nth(1).wait_for()
    assert page.complaints == []  # type: ignore[attr-defined]


CHANGES = re.compile(r"/journeys/\d+/steps/[^/]+/change$")


def two_waits(quen: Quen) -> str:
    nodes = [{"id": f"wait-{name}", "type": "wait", "duration": "1d"} for name in "ab"]
    return journey(quen, {"trigger": {"type": "event", "event": "Signed Up"}, "nodes": nodes}, publish=False)


def waits(quen: Quen, journey_id: str) -> list[str]:
    return [node["duration"] for node in quen.api().get(f"journeys/{journey_id}").json()["graph"]["nodes"]]


def slow_saves(page: Page) -> Callable[[], None]:
    """Changes of forms reach the server only when what this returns is called."""
    held: list[Route] = []
    free = False

    def take(route: Route) -> None:
        if free:
            route.continue_()
        else:
            held.append(route)

    def let_go() -> None:
        nonlocal free
        free = True
        for route in held:
            route.continue_()

    page.route(CHANGES, take)
    return let_go


def leave_by_escape(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator("#j-drawer:not(.show)").wait_for(state="attached")


def leave_for_another_step(page: Page) -> None:
    page.locator("#step-wait-b").click()


@pytest.mark.parametrize("leave", [done, leave_by_escape, leave_for_another_step])
def test_what_was_typed_is_kept_however_the_form_is_left(page: Page, quen: Quen, leave: Callable[[Page], None]) -> None:
    """The second change comes while the first is still on the way, and nothing tells that its field was left."""
    journey_id = two_waits(quen)
    page.goto(f"/journeys/{journey_id}")
    page.locator("#step-wait-a").click()
    let_go = slow_saves(page)
    with page.expect_request(CHANGES):
        drawer(page).get_by_label("Đơn vị").select_option("h")
    page.locator("input[name=duration]").fill("5")
    leave(page)
    let_go()
    page.get_by_text("Chờ 5 giờ").wait_for()
    assert waits(quen, journey_id) == ["5h", "1d"]
    assert page.complaints == []  # type: ignore[attr-defined]


def test_a_field_may_change_the_moment_its_form_is_there(page: Page, quen: Quen) -> None:
    journey_id = two_waits(quen)
    page.goto(f"/journeys/{journey_id}")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 20})
    page.evaluate(
        """() => new MutationObserver((_, observer) => {
            const field = document.querySelector("#j-drawer [name=duration]");
            if (!field) return;
            observer.disconnect();
            field.value = "7";
            field.dispatchEvent(new Event("change", {bubbles: true}));
        }).observe(document.getElementById("j-drawer"), {childList: true, subtree: true})"""
    )
    page.locator("#step-wait-a").click()
    eventually(lambda: waits(quen, journey_id) == ["7d", "1d"])


def test_the_field_in_hand_keeps_the_focus_while_the_drawer_slides_in(page: Page, quen: Quen) -> None:
    page.goto(f"/journeys/{two_waits(quen)}")
    page.evaluate(
        """() => document.getElementById("j-drawer").addEventListener("show.bs.offcanvas", () =>
            setTimeout(() => document.querySelector("[name=duration-unit]").focus(), 0))"""
    )
    page.locator("#step-wait-a").click()
    page.locator("#j-drawer.show:not(.showing)").wait_for()
    assert page.evaluate("document.activeElement.name") == "duration-unit"


def test_leaving_the_page_saves_what_was_typed(page: Page, quen: Quen) -> None:
    journey_id = two_waits(quen)
    page.goto(f"/journeys/{journey_id}")
    page.locator("#step-wait-a").click()
    page.locator("input[name=duration]").fill("9")
    page.reload()
    eventually(lambda: waits(quen, journey_id) == ["9d", "1d"])


def test_a_step_is_deleted_after_its_last_change_and_both_are_undone(page: Page, quen: Quen) -> None:
    journey_id = two_waits(quen)
    page.goto(f"/journeys/{journey_id}")
    page.locator("#step-wait-a").click()
    let_go = slow_saves(page)
    page.locator("input[name=duration]").fill("4")
    with page.expect_request(CHANGES):
        drawer(page).get_by_role("button", name="Xóa").click()
    let_go()
    page.locator("#step-wait-a").wait_for(state="detached")
    page.get_by_role("button", name="Hoàn tác").click()
    page.get_by_text("Chờ 4 ngày").wait_for()
    assert page.complaints == []  # type: ignore[attr-defined]


def test_undo_pressed_twice_before_the_answer_takes_two_changes_back(page: Page, quen: Quen) -> None:
    journey_id = two_waits(quen)
    page.goto(f"/journeys/{journey_id}")
    page.locator("#step-wait-a").click()
    for days in ("4", "5", "6"):
        with saved(page):
            page.locator("input[name=duration]").fill(days)
            page.locator("input[name=duration]").press("Tab")
    page.evaluate("[1, 2].forEach(() => document.getElementById('j-undo').click())")
    expect(page.locator("input[name=duration]")).to_have_value("4")
    assert waits(quen, journey_id) == ["4d", "1d"]
    # What was typed last is saved first, then taken back with the change before.
    page.locator("input[name=duration]").fill("7")
    page.evaluate("[1, 2].forEach(() => document.getElementById('j-undo').click())")
    expect(page.locator("#j-undo")).to_be_disabled()
    assert waits(quen, journey_id) == ["1d", "1d"]
    assert page.complaints == []  # type: ignore[attr-defined]


def test_undo_takes_the_open_form_along(page: Page, quen: Quen) -> None:
    journey_id = two_waits(quen)
    page.goto(f"/journeys/{journey_id}")
    page.locator("#step-wait-a").click()
    with saved(page):
        drawer(page).get_by_label("Đơn vị").select_option("h")
    with page.expect_response(re.compile(r"/steps/wait-a$")):
        page.locator("#j-undo").click()
    page.wait_for_function("document.querySelector('[name=duration-unit]').value === 'd'")
    with saved(page):
        page.locator("input[name=duration]").fill("3")
        page.locator("input[name=duration]").press("Tab")
    assert waits(quen, journey_id) == ["3d", "1d"]


def test_undo_among_the_sentences_of_a_condition_is_saved(page: Page, quen: Quen) -> None:
    rule = {"all": [{"trait": "city", "op": "eq", "value": "Huế"}]}
    nodes = [{"id": "ask", "type": "condition", "rule": rule, "yes": [], "no": []}]
    graph = {"trigger": {"type": "event", "event": "Signed Up"}, "nodes": nodes}
    journey_id = journey(quen, graph, publish=False)
    page.goto(f"/journeys/{journey_id}")
    page.locator("#step-ask").click()
    with page.expect_request(CHANGES) as one:
        drawer(page).get_by_label("So sánh").focus()
        drawer(page).get_by_label("So sánh").select_option("ne")
    assert '"ne"' in parse_qs(str(one.value.post_data))["rule"][0]
    with page.expect_request(CHANGES) as two:
        page.keyboard.press("Control+z")
    assert '"eq"' in parse_qs(str(two.value.post_data))["rule"][0]
    eventually(lambda: quen.api().get(f"journeys/{journey_id}").json()["graph"]["nodes"][0]["rule"] == rule)


@pytest.mark.parametrize("path", ["/journeys", "/journeys/{id}", "/journeys/{id}/test", "/journeys/{id}/results"])
def test_pages_fit_a_phone(phone_page: Page, quen: Quen, path: str) -> None:
    graph = {
        "trigger": {"type": "event", "event": "Nothing"},
        "nodes": [
            {
                "id": "condition-a",
                "type": "condition",
                "rule": {"trait": "city", "op": "exists"},
                "yes": [{"id": "wait-a", "type": "wait", "duration": "1d"}],
                "no": [{"id": "exit-a", "type": "exit"}],
            }
        ],
    }
    phone_page.goto(path.format(id=journey(quen, graph)))
    phone_page.locator("main").wait_for()
    assert phone_page.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone_page.complaints == []  # type: ignore[attr-defined]
