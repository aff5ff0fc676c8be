"""A signed POST. Receivers know a repeat by `webhook-id`, so whatever is not clearly answered is tried again."""

from __future__ import annotations

import base64
import hmac
import ssl
import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult

import httpx
from standardwebhooks import Webhook

import quen
from quen.delivery.channels import ACCEPTED, FAILED, RETRY, Call, Outcome
from quen.delivery.channels.webhook.targets import check_url, resolve
from quen.errors import InvalidInput, TemporaryError

TIMEOUT_SECONDS = 10.0  # for each step of a call
DEADLINE_SECONDS = 15.0  # for all of it: a server that answers a byte at a time does not hold a worker
MAX_ANSWER = 1_000  # bytes of the answer that are kept for people to read
MAX_RETRY_AFTER_MS = 3_600_000
_RETRIED = frozenset({408, 425, 429})


def signing_secret(secret_key: str) -> str:
    """The workspace's `whsec_…`, derived from SECRET_KEY: receivers verify with it."""
    derived = hmac.digest(secret_key.encode(), b"quen.webhooks", "sha256")
    return "whsec_" + base64.b64encode(derived).decode()


class HttpWebhooks:
    """Safe to use from several threads."""

    def __init__(self, secret: str, *, allow_private: bool) -> None:
        self._webhook = Webhook(secret)
        self._allow_private = allow_private
        self._tls = ssl.create_default_context()

    def post(self, call: Call) -> Outcome:
        try:
            parts = check_url(call.url)
            host = parts.hostname or ""
            target = host if self._allow_private else resolve(host, parts.port or _default_port(parts))
        except InvalidInput as error:
            return Outcome(FAILED, "url_refused", error.message)
        except TemporaryError as error:
            return Outcome(RETRY, "unreachable", error.message)
        return self._call(call, parts, target)

    def _call(self, call: Call, parts: SplitResult, target: str) -> Outcome:
        url = httpx.URL(call.url).copy_with(host=target)
        client = httpx.Client(
            verify=self._tls,
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,  # the next address would not have been checked
            trust_env=False,  # a proxy would look names up by itself
        )
        deadline = threading.Timer(DEADLINE_SECONDS, client.close)
        deadline.daemon = True
        deadline.start()
        try:
            with client.stream(
                "POST",
                url,
                content=call.body,
                headers=self._headers(call) | {"host": _host_header(parts)},
                extensions={"sni_hostname": parts.hostname or ""},  # the certificate is that of the name
            ) as response:
                return _outcome(response, _beginning(response))
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, RuntimeError) as error:
            # RuntimeError: the client was closed by the deadline.
            return Outcome(RETRY, "unreachable", f"{type(error).__name__}: {error}"[:300])
        finally:
            deadline.cancel()
            client.close()

    def _headers(self, call: Call) -> dict[str, str]:
        now = datetime.now(UTC)
        signers = [Webhook(secret) for secret in call.secrets] or [self._webhook]
        return {
            "content-type": "application/json",
            "user-agent": f"Quen/{quen.__version__}",
            "webhook-id": call.idempotency_key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(
                signer.sign(call.idempotency_key, now, call.body.decode()) for signer in signers
            ),
        }


def _default_port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


def _host_header(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _beginning(response: httpx.Response) -> str:
    read = b""
    for chunk in response.iter_raw(MAX_ANSWER):
        read += chunk
        if len(read) >= MAX_ANSWER:
            break
    return read[:MAX_ANSWER].decode("utf-8", "replace").strip()


def _outcome(response: httpx.Response, beginning: str) -> Outcome:
    status = response.status_code
    detail = f"{status} {beginning}".strip().replace("\x00", "")[:300]
    if 200 <= status < 300:
        return Outcome(ACCEPTED, detail=detail)
    if status >= 500 or status in _RETRIED:
        return Outcome(RETRY, f"http_{status}", detail, after_ms=_retry_after(response))
    return Outcome(FAILED, f"http_{status}", detail)


def _retry_after(response: httpx.Response) -> int:
    given = response.headers.get("retry-after", "").strip()
    try:
        if given.isascii() and given.isdigit():
            seconds = float(given[:9])
        else:
            seconds = (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0
    return max(0, min(int(seconds * 1000), MAX_RETRY_AFTER_MS))
