"""Django's settings, derived from Quen's own (config.py). People set QUEN_* and quen.toml, never this."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from quen.config import config

_c = config()

SECRET_KEY = _c.secret_key
DEBUG = _c.debug
ALLOWED_HOSTS = ["*"]  # on loopback or behind a proxy; links are made from BASE_URL, never from Host
BASE_DIR = Path(__file__).resolve().parent
ROOT_URLCONF = "quen.web.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

INSTALLED_APPS = [
    "quen.web",
    "quen.accounts",
    "quen.connectors",
    "quen.identity",
    "quen.profiles",
    "quen.duplicates",
    "quen.events",
    "quen.segments",
    "quen.computed",
    "quen.journeys",
    "quen.delivery",
    "quen.quality",
    "quen.engine",
    "quen.backup",
    "quen.exports",
    "quen.system",
    "quen.demo",
    "allauth",
    "allauth.account",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]


# A connection for each thread, for as long as it lives: opening one costs more than all that a request asks of it.
_KEPT = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": bool(_c.database_url)}


def _database() -> dict[str, Any]:
    if not _c.database_url:
        return {
            **_KEPT,
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(_c.state_path),
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;"
                "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;",
            },
        }
    url = urlsplit(_c.database_url)
    return {
        **_KEPT,
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
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True

MIDDLEWARE = [
    "quen.web.csp.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "quen.web.middleware.ApiMiddleware",  # what follows is for pages alone
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "quen.web.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "quen.web.errors.QuenErrors",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "quen.web.context.console",
            ],
        },
    }
]

STATIC_URL = "/static/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "quen.web.assets.MarkedStorage"},
}
WHITENOISE_USE_FINDERS = True  # straight from the installed package: there is no collectstatic step
WHITENOISE_MAX_AGE = 86_400

# Signing in: e-mail and password; people come by invitation, never by signing up.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "quen.accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "quen.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _c.trust_proxy else 0  # whose attempts to sign in are counted
PASSWORD_RESET_TIMEOUT = 7 * 86_400  # invitations are such links too

_https = _c.base_url.startswith("https://")
SESSION_COOKIE_AGE = 14 * 86_400
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
CSRF_COOKIE_HTTPONLY = True  # pages carry the token themselves
CSRF_FAILURE_VIEW = "quen.web.errors.csrf_failed"
CSRF_TRUSTED_ORIGINS = [f"{urlsplit(_c.base_url).scheme}://{urlsplit(_c.base_url).netloc}"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0


def _mail() -> dict[str, Any]:
    """Django's mail settings of SMTP_URL, for the console's own letters (invitations, new passwords)."""
    if not _c.smtp_url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    url = urlsplit(_c.smtp_url)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname or "localhost",
        "EMAIL_PORT": url.port or (465 if url.scheme == "smtps" else 587 if url.username else 25),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_USE_TLS": url.scheme == "smtp" and bool(url.username),
        "EMAIL_TIMEOUT": 10,
    }


globals().update(_mail())
DEFAULT_FROM_EMAIL = _c.email_from

# To stderr, where whatever runs the process collects it; Django's own default mails administrators, and there are none.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO" if DEBUG else "WARNING"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},  # a 404 is no news
    },
}
