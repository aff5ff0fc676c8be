"""Who may do what. A role is a set of capabilities; pages and API operations ask for a capability, never for a role."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

CAPABILITIES = frozenset(
    {
        "view",
        "customers.view",
        "customers.edit",
        "customers.pii",  # e-mail addresses and phone numbers unmasked
        "segments.edit",
        "journeys.edit",
        "content.edit",
        "data.view",
        "data.edit",
        "people.edit",
    }
)

ROLES: dict[str, frozenset[str]] = {
    "owner": CAPABILITIES,
    "marketer": frozenset(
        {"view", "customers.view", "customers.pii", "segments.edit", "journeys.edit", "content.edit"}
    ),
    "care": frozenset({"view", "customers.view", "customers.pii", "customers.edit"}),
    "analyst": frozenset({"view", "customers.view", "segments.edit"}),
    "developer": frozenset({"view", "data.view", "data.edit"}),
}

ROLE_NAMES = {
    "owner": _("Owner"),
    "marketer": _("Marketer"),
    "care": _("Customer care"),
    "analyst": _("Analyst"),
    "developer": _("Developer"),
}

ROLE_DESCRIPTIONS = {
    "owner": _("Everything, including people and API keys."),
    "marketer": _("Sees customers; makes segments, journeys and content."),
    "care": _("Sees and corrects customer profiles."),
    "analyst": _("Sees customers, with e-mail addresses and phone numbers masked, and makes segments."),
    "developer": _("Connects sources and watches the data; does not see customers."),
}


def can(role: str, capability: str) -> bool:
    """Whether a role has a capability. An unknown role has none."""
    if capability not in CAPABILITIES:
        raise ValueError(f"unknown capability {capability!r}; see quen.accounts.roles.CAPABILITIES")
    return capability in ROLES.get(role, frozenset())
