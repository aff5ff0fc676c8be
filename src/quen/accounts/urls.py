"""Sign-in, people, keys, own preferences. Of allauth only the pages that Quen uses."""

from __future__ import annotations

from allauth.account import views
from django.urls import path, re_path

from quen.accounts import pages

urlpatterns = [
    path("sign-in", views.login, name="account_login"),
    path("sign-out", views.logout, name="account_logout"),
    path("sign-in/closed", views.signup, name="account_signup"),
    path("sign-in/inactive", views.account_inactive, name="account_inactive"),
    path("password/reset", views.password_reset, name="account_reset_password"),
    path("password/reset/sent", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/set", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("settings/preferences", pages.preferences, name="preferences"),
    path("settings/preferences/theme", pages.choose_theme, name="choose_theme"),
    path("settings", pages.settings_page, name="settings"),
    path("settings/people", pages.people, name="people"),
    path("settings/people/new", pages.invite, name="invite"),
    path("settings/people/<int:user_id>", pages.person, name="person"),
    path("settings/people/<int:user_id>/link", pages.person_link, name="person_link"),
    path("settings/people/<int:user_id>/active", pages.person_active, name="person_active"),
    path("settings/keys", pages.keys, name="api_keys"),
    path("settings/keys/<int:key_id>/revoke", pages.revoke, name="revoke_api_key"),
]
