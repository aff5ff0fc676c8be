"""Identity for programs: why a person is one person, changing it, claims, what was set aside, identifier types."""

from __future__ import annotations

from ninja import Router

from quen.identity.api import claims, people, types

router = Router()
router.add_router("", people.router)
router.add_router("", claims.router)
router.add_router("", types.router)
