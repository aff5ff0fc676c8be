"""System in a running Quen: what is well, and what is told to whom once it breaks."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import httpx

from tests.support import Quen, eventually


def checks(quen: Quen) -> dict[str, dict[str, Any]]:
    answer = quen.api().get("system")
    assert answer.status_code == 200, answer.text
    return {one["check"]: one for one in answer.json()["checks"]}


def test_an_edge_that_hangs_is_seen_told_and_over_when_it_answers_again(new_quen: Callable[..., Quen]) -> None:
    quen = new_quen(ALERT_EMAIL="night@shop.vn", LANGUAGE="en")
    quen.start()
    assert checks(quen)["edge"]["level"] == "ok"
    edge = quen.edge_pid()
    os.kill(edge, signal.SIGSTOP)
    try:
        (mail,) = quen.smtp.wait_for("night@shop.vn", timeout=180)
        assert "Taking events" in mail.subject
        assert checks(quen)["edge"]["level"] == "bad"
        incidents = quen.api().get("system/incidents").json()["items"]
        assert [(one["check"], one["closed_at"]) for one in incidents] == [("edge", None)]
        metrics = httpx.get(f"{quen.base_url}/metrics", timeout=60).text
        assert "quen_edge_up 0.0" in metrics
        assert 'quen_check_bad{check="edge"} 1.0' in metrics
    finally:
        os.kill(edge, signal.SIGCONT)
    eventually(lambda: checks(quen)["edge"]["level"] == "ok", timeout=180)


def test_only_who_may_see_data_sees_the_system(quen: Quen) -> None:
    assert quen.api("developer").get("system").status_code == 200
    assert quen.api("care").get("system").status_code == 403
    course = quen.api("developer").get("system/course", params={"hours": 1}).json()["items"]
    assert len(course) >= 60
