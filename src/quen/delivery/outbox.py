"""The outbox: takes queued messages in sets, checks them once more, sends, and writes down what became of each.

queued → claimed → accepted | failed | suppressed | unknown. Each arrow is a committed transaction, so a crash leaves
a message where `recover` knows what to do with it. Nothing is ever sent from a row that is not claimed.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import msgspec
import structlog
from django.db import DatabaseError, connection

from quen import failpoints
from quen.config import Config
from quen.delivery import hooks, rendering, runs, store, tracking
from quen.delivery.addresses import suppression_key
from quen.delivery.channels import FAILED, RETRY, UNKNOWN, WAIT, Call, EmailChannel, Letter, Outcome, WebhookChannel
from quen.delivery.channels.email.server import parse_smtp_url
from quen.delivery.channels.email.smtp import SmtpChannel
from quen.delivery.channels.webhook.post import HttpWebhooks, signing_secret
from quen.delivery.drafting import Drafts, StillWanted, draft
from quen.delivery.store import Claimed, Result
from quen.delivery.targets import Targets
from quen.delivery.tracking import NewSuppression
from quen.errors import ConfigError, QuenError
from quen.ids import now_ms
from quen.journal.protocol import Journal, NewEntry

log = structlog.get_logger("quen.outbox")

EMAIL_SET = 20  # also the most e-mails that are unknown after a crash
WEBHOOK_SLOTS = 32  # calls at once; how many of them one receiver may get: targets.py
FEED_SLOTS = 8  # the same for what segments tell: never more than one call to a target
POLL_SECONDS = 0.3
FLUSH_SECONDS = 0.25
MAX_ATTEMPTS = 12  # with the back-off below: about five hours
FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS = 30_000, 3_600_000
UNREACHABLE_MS = 30_000
LONGEST_MAIL_REST_MS = 600_000
MAX_AGE_MS = 24 * 3_600_000  # a message that could not even be tried for a day is no news any more
NOTE_SET = 500
RETELL_SECONDS = 5.0


class Outbox:
    """One a state database. `run` uses a thread a channel, so that neither waits for the other."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        still_wanted: StillWanted = runs.still_wanted,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.config = config
        self.journal = journal
        self.still_wanted = still_wanted
        self.clock = clock
        self.setting = rendering.setting_of(config)
        self._stop = threading.Event()
        self._email: EmailChannel | None = None
        self._taken: dict[int, Claimed] = {}  # e-mails that are claimed, until it is written down what became of them
        self._done: list[tuple[Letter, Outcome]] = []  # what is known of them and not written down yet
        self._no_mail_before = 0  # ms UTC: the mail server is in trouble
        self._mail_rest = UNREACHABLE_MS
        self._webhooks: WebhookChannel = HttpWebhooks(
            signing_secret(config.secret_key), allow_private=config.allow_private_webhooks
        )
        self._targets = Targets()
        self._pool: ThreadPoolExecutor | None = None
        self._calls: dict[Future[Outcome], Claimed] = {}
        self._tell_again = 0.0  # when to look for outcomes that the journal may not have: at once after a start

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`; then what is under way is finished and what is not is put back."""
        self._stop = stop
        self._safely(store.recover)
        threads = [
            threading.Thread(
                target=self._work, args=(self.send_emails, self._close_email), name="outbox-email", daemon=True
            ),
            threading.Thread(
                target=self._work, args=(self.call_webhooks, self._finish_calls), name="outbox-webhook", daemon=True
            ),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        connection.close()

    def run_once(self) -> int:
        """Send what is due now, in this thread; how many messages were taken."""
        taken = self.send_emails() + self.call_webhooks()
        self._finish_calls()
        self._close_email()
        return taken

    def _work(self, tick: Callable[[], int], finish: Callable[[], None]) -> None:
        while not self._stop.is_set():
            if not self._safely(tick):
                self._stop.wait(POLL_SECONDS)
        finish()
        connection.close()

    def _safely(self, work: Callable[[], int]) -> int:
        """A full disk or a locked database must not end the thread: say so, and try again later."""
        try:
            return work()
        except Exception as error:
            log.exception("outbox", error=str(error))
            connection.close()  # it may be what is broken
            self._stop.wait(5)
            return 0

    # E-mail

    def send_emails(self) -> int:
        """One set of e-mails; how many were taken."""
        if time.monotonic() >= self._tell_again:
            self._tell_untold()
        now = self.clock()
        if self._taken:
            self._settle()
        rests = now < self._no_mail_before <= now + LONGEST_MAIL_REST_MS  # else the clock was set back
        claimed = store.claim("email", now, EMAIL_SET) if not rests and store.is_due("email", now) else []
        if not claimed:
            self._close_email()
            return 0
        self._taken = {m.id: m for m in claimed}
        self._send_set(claimed)
        self._taken = {}
        return len(claimed)

    def _send_set(self, claimed: Sequence[Claimed]) -> None:
        failpoints.hit("outbox.claimed")
        drafts = self._drafted(claimed)
        if not drafts.letters:
            return
        by_id = {m.id: m for m in claimed}
        channel = self._email_channel()
        if isinstance(channel, Outcome):
            self._finish(by_id, [(letter, channel) for letter in drafts.letters])
            return
        store.prepare(drafts.prepared)
        failpoints.hit("outbox.prepared")
        self._send_each(channel, by_id, drafts.letters)

    def _send_each(self, channel: EmailChannel, claimed: dict[int, Claimed], letters: Sequence[Letter]) -> None:
        flushed = time.monotonic()
        blocked: Outcome | None = None
        for letter in letters:
            if self._stop.is_set():
                blocked = blocked or Outcome(WAIT)
            outcome = blocked or self._send(channel, letter)
            self._done.append((letter, outcome))
            failpoints.hit("outbox.sent")
            if blocked is None and outcome.status in {WAIT, UNKNOWN}:
                # One message is in doubt, not a whole queue of them: the others wait until the server may be well.
                blocked = Outcome(WAIT, outcome.reason, outcome.detail)
                self._no_mail_before = self.clock() + self._mail_rest
                self._mail_rest = min(2 * self._mail_rest, LONGEST_MAIL_REST_MS)
            elif blocked is None:
                self._mail_rest = UNREACHABLE_MS
            if time.monotonic() - flushed > FLUSH_SECONDS:
                self._write_done(claimed)
                flushed = time.monotonic()
        self._write_done(claimed)

    def _send(self, channel: EmailChannel, letter: Letter) -> Outcome:
        try:
            return channel.send(letter)
        except Exception as error:  # a bug: nobody knows how far it came
            log.exception("email", message_id=letter.message_id)
            return Outcome(UNKNOWN, "error", f"{type(error).__name__}: {error}"[:300])

    def _write_done(self, claimed: dict[int, Claimed]) -> None:
        self._finish(claimed, self._done)
        for letter, _ in self._done:
            self._taken.pop(letter.message_id, None)
        self._done = []

    def _settle(self) -> None:
        """After a failure of the database: write down what is known of the claimed; the others did not go out."""
        self._write_done(self._taken)
        store.release(list(self._taken), self.clock() + UNREACHABLE_MS)
        self._taken = {}

    def _email_channel(self) -> EmailChannel | Outcome:
        """The channel, or why there is none: then nothing is lost in silence."""
        if not self.config.smtp_url:
            return Outcome(FAILED, "no_smtp", "SMTP_URL is not set: no e-mail leaves this installation")
        if self._email is None:
            try:
                self._email = SmtpChannel(parse_smtp_url(self.config.smtp_url), self.config.email_from)
            except ConfigError as error:
                return Outcome(WAIT, "smtp_config", error.message)
        return self._email

    def _close_email(self) -> None:
        if self._email is not None:
            self._email.close()

    # Webhooks

    def call_webhooks(self) -> int:
        """Start calls for the free slots, write down those that ended; how many of both."""
        now = self.clock()
        telling = [m.hook_id for m in self._calls.values() if m.hook_id is not None]
        free = 0 if self._stop.is_set() else WEBHOOK_SLOTS - (len(self._calls) - len(telling))
        claimed = self._claim_calls(now, free) if free and store.is_due("webhook", now) else []
        free = 0 if self._stop.is_set() else FEED_SLOTS - len(telling)
        told = store.claim_feed(now, telling, free) if free and store.is_due(hooks.CHANNEL, now) else []
        self._start(claimed)
        self._start(told)
        ended = self._collect()
        return len(claimed) + len(told) + ended

    def _start(self, claimed: Sequence[Claimed]) -> None:
        if claimed:
            drafts = self._drafted(claimed)
            store.prepare(drafts.prepared)
            by_id = {m.id: m for m in claimed}
            for call in drafts.calls:
                self._targets.began(call.url)
                self._calls[self._threads().submit(self._post, call)] = by_id[call.message_id]

    def _claim_calls(self, now: int, free: int) -> list[Claimed]:
        claimed, given_up = store.claim_calls(now, free, self._targets.room, now - MAX_AGE_MS)
        if given_up:
            self._tell_again = 0.0
        return claimed

    def _post(self, call: Call) -> Outcome:
        outcome = Outcome(RETRY, "error")
        try:
            outcome = self._webhooks.post(call)
        except Exception as error:  # a bug must not lose the message: it is claimed
            log.exception("webhook", message_id=call.message_id)
            outcome = Outcome(RETRY, "error", f"{type(error).__name__}: {error}"[:300])
        finally:
            self._targets.ended(call.url, outcome, self.clock())
        return outcome

    def _collect(self) -> int:
        if not self._calls:
            return 0
        ended, _ = wait(self._calls, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        if ended:
            failpoints.hit("outbox.called")
            results = [self._result(self._calls[future], future.result()) for future in ended]
            self._record(results, quiet=[m.id for m in self._calls.values() if m.hook_id is not None])
            self._give_up([self._calls[future] for future in ended], results)
            for future in ended:  # only after they are written: a failing database must not lose them
                del self._calls[future]
        return len(ended)

    def _give_up(self, messages: Sequence[Claimed], results: Sequence[Result]) -> None:
        """Hooks whose target is gone, or did not answer for hours, are told no more."""
        for message, result in zip(messages, results, strict=True):
            gone = result.reason == "http_410" or message.attempts >= MAX_ATTEMPTS
            if message.hook_id is not None and result.status == FAILED and gone:
                hooks.pause([message.hook_id], f"{result.reason}: {result.detail}")

    def _finish_calls(self) -> None:
        """Wait for the calls under way. What cannot be written down is called again after the next start."""
        while self._calls:
            try:
                self._collect()
            except DatabaseError as error:
                log.exception("outbox", error=str(error))
                break
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(WEBHOOK_SLOTS + FEED_SLOTS, thread_name_prefix="webhook")
        return self._pool

    # Both

    def _drafted(self, claimed: Sequence[Claimed]) -> Drafts:
        drafts = draft(claimed, self.still_wanted, self.setting, self.clock())
        if drafts.results:
            self._record(drafts.results, drafts.addresses, [m.id for m in claimed if m.hook_id is not None])
        return drafts

    def _finish(self, claimed: dict[int, Claimed], done: Sequence[tuple[Letter, Outcome]]) -> None:
        if not done:
            return
        now = self.clock()
        tracking.suppress(
            [
                NewSuppression("email", suppression_key("email", letter.address), "bounced", letter.message_id, now)
                for letter, outcome in done
                if outcome.bounced
            ]
        )
        self._record(
            [self._result(claimed[letter.message_id], outcome) for letter, outcome in done],
            {letter.message_id: letter.address for letter, _ in done},
        )

    def _result(self, message: Claimed, outcome: Outcome) -> Result:
        now = self.clock()
        if outcome.status == WAIT and now - message.created_at < MAX_AGE_MS:
            not_before = now + (UNREACHABLE_MS if outcome.reason else 0)
            return Result(message.id, "queued", outcome.reason, outcome.detail, "", not_before, message.attempts - 1)
        if outcome.status == RETRY and message.attempts < MAX_ATTEMPTS:
            not_before = now + max(outcome.after_ms, backoff_ms(message.attempts))
            return Result(message.id, "queued", outcome.reason, outcome.detail, "", not_before, message.attempts)
        status = FAILED if outcome.status in {WAIT, RETRY} else outcome.status
        return Result(message.id, status, outcome.reason, outcome.detail, outcome.provider_id)

    def _record(
        self, results: Sequence[Result], addresses: dict[int, str] | None = None, quiet: Collection[int] = ()
    ) -> None:
        """`quiet`: ids of messages that are on nobody's timeline."""
        store.record(results, self.clock(), addresses or {})
        failpoints.hit("outbox.recorded")
        self._tell([r.id for r in results if r.status != "queued" and r.id not in quiet])

    def _tell(self, ids: Sequence[int]) -> None:
        """Let the engine know: it puts the outcome on the timeline."""
        if not ids:
            return
        try:
            self.journal.append([NewEntry("sent", 0, msgspec.json.encode({"m": id_})) for id_ in ids])
        except QuenError as error:
            self._tell_again = time.monotonic() + RETELL_SECONDS
            log.warning("outcomes are told later", error=error.message, messages=len(ids))

    def _tell_untold(self) -> None:
        """After a start or a full journal: tell what may be untold. Telling twice does no harm."""
        ids = store.not_noted(NOTE_SET)
        self._tell_again = time.monotonic() + RETELL_SECONDS if len(ids) == NOTE_SET else math.inf
        self._tell(ids)


def backoff_ms(attempts: int) -> int:
    """How long to wait after the given number of attempts: 30 s, 1 min, 2 min … 1 h."""
    doubled: int = FIRST_BACKOFF_MS * 2 ** max(0, attempts - 1)
    return min(doubled, LONGEST_BACKOFF_MS)
