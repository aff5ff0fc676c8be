"""Named points at which a test can make the process die as by a power cut: QUEN_FAILPOINT=name."""

from __future__ import annotations

import os
import signal

_wanted = os.environ.get("QUEN_FAILPOINT", "")


def hit(name: str) -> None:
    if name == _wanted:
        os.kill(os.getpid(), signal.SIGKILL)
