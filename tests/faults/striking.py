"""Kills of what lives, and points to die at; and whether every end of a process is one that was caused here.

A process that is away is left alone. Waiting for it to come and killing it then would kill it at its first breath, at
every start: the pause before the next start grows, and it never gets to work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.support import Quen

ENDED = ('"event": "process ended', '"event": "a process cannot stay alive')  # as the supervisor says it
WORKER_ENDED = "Unexpected exit from worker"  # as the app's server says it, which starts another


class Striker:
    """`armed` is the file that QUEN_FAILPOINT names."""

    def __init__(self, quen: Quen, armed: Path) -> None:
        self._quen, self._armed = quen, armed
        self._caused: Counter[str] = Counter()  # ends by process, the most there may be
        self._known = len(quen.log_tail(limit=1 << 40).encode())  # what was logged before is not about us
        self._is_armed = False

    def kill(self, role: str) -> bool:
        """SIGKILL to the edge or the app with all that it started; False where it is away."""
        if (pid := self._quen.living(role)) is None:
            return False
        self._caused[role] += 1
        self._quen.kill_tree(pid)
        return True

    def kill_all(self, meanwhile: Callable[[Quen], None] = lambda _: None) -> None:
        """With the supervisor, as a power cut; start it again. The pauses before starts begin anew."""
        self.disarm()
        self._quen.kill()
        meanwhile(self._quen)
        self._quen.start()

    def arm(self, point: str) -> None:
        """Let who starts next die at the point. A process reads the file once, so that one must start for it."""
        self.disarm()
        aside = self._armed.with_suffix(".new")
        aside.write_text(point)
        aside.replace(self._armed)  # whole or not at all: a process may be reading it
        self._is_armed = True

    def disarm(self) -> None:
        try:
            self._armed.unlink()  # a process that comes later to take it finds none, and does not die
        except FileNotFoundError:
            self._caused["point"] += self._is_armed
        self._is_armed = False

    def _took_effect(self) -> None:
        if self._is_armed and not self._armed.exists():
            self._caused["point"] += 1
            self._is_armed = False

    def check(self) -> None:
        """Fails at once, with the log, when a process has ended more often than it was made to."""
        log = self._quen.log_tail(since=self._known, limit=1 << 40)
        self._took_effect()  # after the log was read: what ended in it has taken the file before
        ended: Counter[str] = Counter()
        for line in log.splitlines():
            if any(said in line for said in ENDED):
                ended["app" if '"process": "app"' in line else "edge"] += 1
            elif WORKER_ENDED in line:
                ended["worker"] += 1
        # One point takes one process; a worker that dies twice at once takes the app along.
        points = self._caused["point"]
        unasked = [
            f"the {what} ended {ended[what]} times, of which {most} were caused"
            for what, most in {
                "app": self._caused["app"] + points,
                "edge": self._caused["edge"] + points,
                "worker": self._caused["app"] + points,
            }.items()
            if ended[what] > most
        ]
        assert not unasked, f"{'; '.join(unasked)}:\n{self._quen.log_tail()}"
