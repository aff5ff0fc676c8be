"""Django's settings, derived from Quen's own (config.py). People set QUEN_* and quen.toml, never this."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from quen.config import config

_c = config()

SECRET_KEY = _c.secret_key
DEBUG = _c.debug
ALLOWED_HOSTS = ["*"]  # the console listens on loopback or behind a proxy; links are made from BASE_URL, never from Host
BASE_DIR = Path(__file__).resolve().parent
ROOT_URLCONF = "quen.web.urls"
WSGI_APPLICATION = None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

INSTALLED_APPS = [
    "quen.web",
    "quen.accounts",
    "quen.connectors",
    "quen.identity",
    "quen.profiles",
    "quen.events",
    "quen.segments",
    "quen.journeys",
    "quen.delivery",
    "quen.engine",
    "quen.demo",
    "allauth",
    "allauth.account",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]


def _database() -> dict[str, Any]:
    if not _c.database_url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(_c.state_path),
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
                "PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY;",
            },
        }
    url = urlsplit(_c.database_url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
    }


DATABASES = {"default": _database()}
USE_TZ = True
TIME_ZONE = _c.timezone
LANGUAGE_CODE = _c.language
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
USE_I18N = True

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
