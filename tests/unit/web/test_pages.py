"""What every page has in common: who may come in, the security headers, errors, language."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

import quen
from quen.accounts.models import User
from quen.accounts.people import create_person
from quen.errors import Conflict
from quen.web.csp import MAIL_PREVIEW, SecurityHeaders, csp
from quen.web.errors import QuenErrors

PACKAGE = Path(quen.__file__).parent
PASSWORD = "con mèo ngồi trên mái"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return create_person("lan@shop.vn", role="owner", name="Lan", password=PASSWORD)


@pytest.fixture
def client(owner: User) -> Client:
    signed_in = Client()
    signed_in.force_login(owner, backend=BACKEND)
    return signed_in


def test_strangers_are_led_to_the_sign_in_and_back() -> None:
    answer = Client().get(reverse("people"))
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in?next=/settings/people"


def test_a_fragment_of_someone_signed_out_reloads_the_page_instead() -> None:
    answer = Client().get(reverse("people"), headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/x"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "http://testserver/x")


def test_signing_in_and_out(owner: User) -> None:
    client = Client()
    wrong = client.post("/sign-in", {"login": "lan@shop.vn", "password": "sai"})
    assert wrong.context["form"].errors
    assert "Mật khẩu" in wrong.content.decode()
    right = client.post("/sign-in", {"login": " LAN@shop.vn", "password": PASSWORD, "next": "/settings/preferences"})
    assert right["Location"] == "/settings/preferences"
    assert client.get(reverse("preferences")).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(reverse("preferences")).status_code == 302


def test_signing_in_never_leads_to_another_host(owner: User) -> None:
    answer = Client().post("/sign-in", {"login": "lan@shop.vn", "password": PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_guessing_a_password_is_throttled(owner: User) -> None:
    client = Client(REMOTE_ADDR="198.51.100.7")
    for _ in range(5):
        client.post("/sign-in", {"login": "lan@shop.vn", "password": "đoán"})
    stopped = client.post("/sign-in", {"login": "lan@shop.vn", "password": PASSWORD})
    assert stopped.status_code != 302


def test_every_answer_carries_the_policy(client: Client) -> None:
    for path in ("/settings/preferences", "/sign-in", "/nothing-here", "/api/v1/keys", "/static/web/quen.css"):
        answer = client.get(path)
        answer.close()
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
    assert client.get("/settings/preferences")["Cache-Control"] == "no-store, private"


def test_the_api_knows_no_sessions(client: Client) -> None:
    answer = client.get("/api/v1/keys")
    assert answer.status_code == 401
    assert answer["Content-Length"] == str(len(answer.content))
    for name in ("Vary", "Set-Cookie", "Content-Language"):
        assert not answer.has_header(name)


def test_a_page_may_have_a_policy_of_its_own() -> None:
    @csp(MAIL_PREVIEW)
    def preview(request: HttpRequest) -> HttpResponse:
        return HttpResponse("<p>")

    answer = SecurityHeaders(preview)(RequestFactory().get("/"))
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert "script-src" not in answer["Content-Security-Policy"]
    assert not answer.has_header("X-Frame-Options")


def test_forms_without_the_token_change_nothing(owner: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner, backend=BACKEND)
    answer = strict.post(reverse("invite"), {"email": "x@shop.vn", "role": "owner"})
    assert answer.status_code == 403
    assert "biểu mẫu" in answer.content.decode().lower()
    assert User.objects.count() == 1


class _Inline(HTMLParser):
    """Collects what the policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.found.append(f"<{tag}>")
        self.found += [name for name in given if name == "style" or (name.startswith("on") and name != "on")]


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.glob("*/templates/**/*.html")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_templates_have_nothing_inline(path: Path) -> None:
    parser = _Inline()
    # Template tags inside a start tag are not HTML; what they put there is checked where it is drawn.
    parser.feed(re.sub(r"\{%.*?%\}", "", path.read_text("utf-8"), flags=re.DOTALL))
    assert parser.found == []


def test_errors_are_said_in_the_language_of_the_person(client: Client) -> None:
    assert "Không có gì ở địa chỉ này" in client.get("/nothing-here").content.decode()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "There is nothing at this address" in client.get("/nothing-here").content.decode()


def test_a_stranger_sees_errors_without_the_shell() -> None:
    page = Client().get("/nothing-here").content.decode()
    assert "Không có gì ở địa chỉ này" in page
    assert "Đăng xuất" not in page


def test_a_broken_page_says_so_without_the_shell(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("for the log, not for the page")

    monkeypatch.setattr("quen.web.health.fetch", broken)
    client.raise_request_exception = False
    answer = client.get("/health")
    assert answer.status_code == 500
    assert "for the log" not in answer.content.decode()
    assert "nhật ký" in answer.content.decode()


def test_what_quen_refuses_is_shown_as_what_it_says(client: Client) -> None:
    errors = QuenErrors(lambda request: HttpResponse())
    request = RequestFactory().get("/x", headers={"HX-Request": "true"})
    answer = errors.process_exception(request, Conflict("the journey <b>is</b> paused"))
    assert isinstance(answer, HttpResponse)
    assert answer.status_code == 409
    assert "the journey &lt;b&gt;is&lt;/b&gt; paused" in answer.content.decode()
    assert errors.process_exception(request, ValueError()) is None


def test_the_language_is_the_persons_then_the_browsers_then_the_workspaces(client: Client, owner: User) -> None:
    german = {"Accept-Language": "de"}
    assert Client().get("/sign-in", headers=german)["Content-Language"] == "vi"
    visitor = Client()
    visitor.post(reverse("choose_language"), {"language": "en", "next": "/sign-in"})
    assert visitor.get("/sign-in")["Content-Language"] == "en"
    visitor.post(reverse("choose_language"), {"language": "xx"})
    assert visitor.get("/sign-in")["Content-Language"] == "en"
    client.post(reverse("choose_language"), {"language": "en", "next": "//evil.example/"})
    owner.refresh_from_db()
    assert owner.language == "en"


def test_switching_the_language_stays_on_this_host() -> None:
    answer = Client().post(reverse("choose_language"), {"language": "en", "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_settings_show_no_secret(client: Client) -> None:
    page = client.get(reverse("settings")).content.decode()
    assert settings.SECRET_KEY not in page
    assert "QUEN_SECRET_KEY" in page


def test_metrics_are_for_the_own_network() -> None:
    assert Client().get("/metrics").status_code == 200
    outside = Client(REMOTE_ADDR="203.0.113.9")
    assert outside.get("/metrics").status_code == 401
    assert Client(headers={"X-Forwarded-For": "203.0.113.9"}).get("/metrics").status_code == 401
