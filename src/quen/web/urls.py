"""The console's addresses: its own, and those of every slice that has a `urls` module."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from quen.web import health, home
from quen.web.api import api


def slice_urls() -> list[URLResolver]:
    """`urlpatterns` of `quen.<slice>.urls`, in the order of INSTALLED_APPS."""
    found = []
    for app in settings.INSTALLED_APPS:
        name = f"{app}.urls"
        if app.startswith("quen.") and app != "quen.web" and find_spec(name) is not None:
            found.append(path("", include(import_module(name))))
    return found


urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("home/days.csv", home.days_csv, name="home_days_csv"),
    path("health", health.health_page, name="health"),
    path("metrics", health.metrics_page, name="metrics"),
    path("language", home.choose_language, name="choose_language"),
    path("api/v1/", api.urls),
    *slice_urls(),
]

handler429 = "quen.web.errors.too_many"  # allauth asks for it
handler403 = "quen.web.errors.forbidden"
handler404 = "quen.web.errors.not_found"
handler500 = "quen.web.errors.broken"
