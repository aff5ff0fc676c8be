"""Pairs and runs as programs are told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quen.duplicates import review
from quen.duplicates.models import Candidate, Run, Settings
from quen.duplicates.pairs import probability
from quen.duplicates.words import name_of, says, strength
from quen.identity.keys import split_key
from quen.identity.words import Show, rule_text
from quen.profiles.masking import mask_text
from quen.web.times import rfc3339


def pair_documents(candidates: Sequence[Candidate], show: Show, *, masked: bool) -> list[dict[str, Any]]:
    found = []
    for candidate, (left, right) in zip(candidates, review.people_of(candidates), strict=True):
        problem = rule_text(candidate.problem) if candidate.problem else ""
        found.append(
            {
                "id": str(candidate.pk),
                "status": candidate.status,
                "probability": round(probability(candidate.bits), 6),
                "bits": round(candidate.bits, 2),
                "left": _side(candidate.left, left, show),
                "right": _side(candidate.right, right, show),
                "two_accounts": candidate.two_accounts,
                "evidence": [
                    {
                        "comparison": name,
                        "level": level,
                        "bits": round(bits, 2),
                        "says": f"{name_of(name)}: {says(name, level)} ({strength(bits)})",
                    }
                    for name, level, bits in candidate.parts
                ],
                "problem": candidate.problem,
                "message": mask_text(problem) if masked else problem,
                "order": str(candidate.order_id) if candidate.order_id else None,
                "found_at": rfc3339(candidate.found_at),
                "decided_at": rfc3339(candidate.decided_at),
                "decided_by": candidate.decided_by,
                "later_until": rfc3339(candidate.later_until),
                "run": str(candidate.run_id),
            }
        )
    return found


def run_document(run: Run) -> dict[str, Any]:
    return {
        "id": str(run.pk),
        "status": run.status,
        "step": run.step,
        "percent": run.percent,
        "by": run.by,
        "threshold": run.threshold,
        "profiles": run.profiles,
        "left_out": run.left_out,
        "pairs_compared": run.compared,
        "groups": run.clusters,
        "found": run.found,
        "merged": run.merged,
        "error": run.error,
        "started_at": rfc3339(run.started_at),
        "finished_at": rfc3339(run.finished_at),
    }


def settings_document(settings: Settings) -> dict[str, Any]:
    return {
        "schedule": settings.schedule,
        "threshold": settings.threshold,
        "auto_merge": settings.auto_merge,
        "auto_threshold": settings.auto_threshold,
        "changed_at": rfc3339(settings.changed_at),
        "changed_by": settings.changed_by,
    }


def _side(key: str, profile_id: int | None, show: Show) -> dict[str, Any]:
    type_, scope, value = split_key(key)
    return {
        "profile": str(profile_id) if profile_id is not None else None,
        "identifier": {"type": type_, "value": show(type_, value), "scope": scope},
    }
