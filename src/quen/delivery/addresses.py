"""Which address a message goes to, and the form in which an address is suppressed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email

from quen.cleaning import clean_email

MAX_ADDRESS = 320


def suppression_key(channel: str, address: str) -> str:
    """Two ways of writing one mailbox give the same key."""
    if channel == "email":
        return (clean_email(address) or address.strip().lower())[:MAX_ADDRESS]
    return address.strip()[:MAX_ADDRESS]


def email_of(traits: Mapping[str, Any], identifiers: Iterable[tuple[str, str]]) -> str | None:
    """The address of a person as it is to be written to: the trait `email`, else the identifier seen last.

    `identifiers` are (type, value), oldest first. The trait comes first because identifiers are kept in the form they
    are matched by, which is not always the one that people gave.
    """
    given = traits.get("email")
    if isinstance(given, str) and given.strip():
        return given.strip()
    found = [value for type_, value in identifiers if type_ == "email"]
    return found[-1] if found else None


def deliverable_email(address: str) -> str | None:
    """The address in the form that SMTP takes (domain in ASCII), None when it cannot be one.

    Local parts with letters of other scripts are refused: most mail servers do not take them yet.
    """
    try:
        # Whether the domain exists is the mail server's to find out. `.test` domains are let through: they are what
        # people try Quen with.
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return checked.ascii_email
