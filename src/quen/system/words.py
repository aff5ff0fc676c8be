"""What each check is called, says and advises, in the active language. Figures are those of quen.system.judging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quen.system.judging import BAD, OK
from quen.web.templatetags.quen import number, percent


class Said(msgspec.Struct, frozen=True):
    """`todo` is empty when there is nothing to do."""

    name: str
    text: str
    todo: str = ""


def say(check: str, level: str, figures: Mapping[str, Any]) -> Said:
    return _SAY[check](level, figures)


def _edge(level: str, figures: Mapping[str, Any]) -> Said:
    name = _("Taking events")
    if level == OK:
        return Said(
            name, _("Websites, apps and servers can send; what they send is safe on the disk before the answer.")
        )
    return Said(
        name,
        _("The edge does not answer (%(reason)s): websites and apps cannot send. Well-made SDKs keep their events and"
          " send them later.") % {"reason": figures.get("reason")},
        _("It is started again by itself. If this stays: look into the log of `quen up`, at the free disk space, and"
          " whether another program took its port."),
    )  # fmt: skip


def _engine(level: str, figures: Mapping[str, Any]) -> Said:
    name = _("Working on events")
    if level == OK:
        return Said(name, _("The engine is at work."))
    return Said(
        name,
        _("The engine stands still: %(reason)s. Events are kept and will be worked on in their order.")
        % {"reason": figures.get("reason")},
        _("If this stays for more than a few minutes, restart Quen; if that does not help, run `quen doctor` and send"
          " its answer with the log."),
    )  # fmt: skip


def _lag(level: str, figures: Mapping[str, Any]) -> Said:
    name = _("Up to date")
    if level == OK:
        return Said(name, _("What arrives is worked on at once."))
    text = _("%(n)s requests wait in the journal, the oldest for %(seconds)s seconds.")
    if level == BAD:
        todo = _(
            "Segments, journeys and messages are late by as much. Find out what sends so much (Data → Live events),"
            " pause a costly segment, or give Quen a faster machine."
        )
    else:
        todo = _("After a burst this passes by itself. If it grows all day, this machine is too slow for what arrives.")
    return Said(name, text % {"n": number(figures.get("waiting")), "seconds": number(figures.get("seconds"))}, todo)


def _flips(level: str, figures: Mapping[str, Any]) -> Said:
    name = _("Segments to the second")
    if level == OK:
        return Said(name, _("People enter and leave at the very moment a rule says so."))
    return Said(
        name,
        _("%(n)s people change segments late, by up to %(seconds)s seconds.")
        % {"n": number(figures.get("due")), "seconds": number(figures.get("seconds"))},
        _("After a stop this passes by itself: what was missed is caught up in order, with its true times."),
    )


def _quarantine(level: str, figures: Mapping[str, Any]) -> Said:
    name = _("Events that can be used")
    if not figures.get("count"):
        return Said(name, _("Nothing was set aside in the last hour."))
    text = _("%(n)s messages were set aside in the last hour (%(share)s).") % {
        "n": number(figures["count"]),
        "share": percent(figures.get("share", 0)),
    }
    if level == OK:
        return Said(name, text)
    return Said(name, text, _("Data → Quarantine says why; after a fix they can be sent round again."))


def _email(level: str, figures: Mapping[str, Any]) -> Said:
    todo = _("Messages shows each with the mail server's answer. Check SMTP_URL and whether the server is up.")
    return _channel(_("E-mail"), level, figures, todo)


def _webhook(level: str, figures: Mapping[str, Any]) -> Said:
    todo = _("Messages shows each call with the answer. Whoever runs the receiving system should know of it.")
    paused = figures.get("paused")
    if not paused:
        return _channel(_("Webhooks"), level, figures, todo)
    called = any(figures.get(name) for name in ("sent", "failed", "waiting"))
    said = _channel(_("Webhooks"), level, figures, todo if figures.get("failed") or figures.get("waiting") else "")
    text = ngettext(
        "%(n)s webhook of a segment is paused because its calls failed; what it has to tell waits.",
        "%(n)s webhooks of segments are paused because their calls failed; what they have to tell waits.",
        paused,
    ) % {"n": number(paused)}
    resume = _("The segment says why, on its tab Webhooks: resume it there once its address answers.")
    return Said(said.name, f"{said.text} {text}" if called else text, f"{said.todo} {resume}".strip())


def _channel(name: str, level: str, figures: Mapping[str, Any], todo: str) -> Said:
    parts = []
    if figures.get("sent"):
        parts.append(_("%(n)s went out in the last hour.") % {"n": number(figures["sent"])})
    if figures.get("failed"):
        parts.append(_("%(n)s failed or have an unknown outcome.") % {"n": number(figures["failed"])})
    if figures.get("waiting"):
        text = _("%(n)s wait, the oldest for %(minutes)s minutes.")
        parts.append(text % {"n": number(figures["waiting"]), "minutes": number(figures.get("minutes", 0))})
    return Said(name, " ".join(parts) or _("Nothing had to go out in the last hour."), "" if level == OK else todo)


def _segments(level: str, figures: Mapping[str, Any]) -> Said:
    name = _("Segments are right")
    if level == OK:
        return Said(name, _("Members are compared with a second computation all the time: none differs."))
    parts, todo = [], []
    if wrong := figures.get("wrong"):
        text = ngettext(
            "Members of %(n)s segment differ from a second computation: a fault in Quen.",
            "Members of %(n)s segments differ from a second computation: a fault in Quen.",
            wrong,
        )
        parts.append(text % {"n": number(wrong)})
        todo.append(_("`quen doctor` names them. Archive and restore the segment to compute it anew, and report it."))
    if paused := figures.get("paused"):
        text = ngettext(
            "%(n)s segment is paused because it costs too much.",
            "%(n)s segments are paused because they cost too much.",
            paused,
        )
        parts.append(text % {"n": number(paused)})
        todo.append(_("Give it a simpler rule, then resume it."))
    return Said(name, " ".join(parts), " ".join(todo))


def _disk(level: str, figures: Mapping[str, Any]) -> Said:
    text = _("%(used)s of the disk is used; %(free)s GB are free.") % {
        "used": percent(figures.get("used", 0), 0),
        "free": number(figures.get("free", 0) / 1e9, 1),
    }
    todo = _("When it is full, Quen takes no more events. Make room, or move the data directory to a larger disk.")
    return Said(_("Disk"), text, "" if level == OK else todo)


def _backups(level: str, figures: Mapping[str, Any]) -> Said:
    name = _("Backups")
    if not figures.get("scheduled"):
        return Said(name, _("None are scheduled. Set BACKUP_DIR, and Quen makes one every day and verifies it."))
    if figures.get("hours") is None:
        text = _("There is no good backup yet.")
    else:
        text = _("The last good one began %(hours)s hours ago and takes %(size)s MB.") % {
            "hours": number(figures["hours"]),
            "size": number(figures.get("bytes", 0) / 1e6),
        }
    todo = _("The last one failed: `GET /api/v1/backups` and the log say why. Is there room in BACKUP_DIR?")
    return Said(name, text, "" if level == OK else todo)


_SAY = {
    "edge": _edge,
    "engine": _engine,
    "lag": _lag,
    "flips": _flips,
    "quarantine": _quarantine,
    "email": _email,
    "webhook": _webhook,
    "segments": _segments,
    "disk": _disk,
    "backups": _backups,
}
