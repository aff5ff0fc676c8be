"""How allauth signs people in here: no open sign-up, links made from BASE_URL, mail only when there is a server."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quen.config import config


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    # allauth's own words for these are not in Vietnamese.
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("You cannot sign in any more"),
        "email_password_mismatch": _("This e-mail address and password do not go together. Try again."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
        "rate_limited": _("Too many attempts. Wait a minute, then try again."),
        "invalid_password_reset": _("This link has expired"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        # The Host header belongs to whoever asks; a letter to someone else must not carry it.
        user, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": user, "key": token})
        return f"{str(config().base_url).rstrip('/')}{path}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        if config().smtp_url:
            super().send_mail(template_prefix, email, context)
