"""Examples as a viewer may see them. Pure."""

from __future__ import annotations

import re

from quen.profiles.masking import mask, mask_email, mask_phone

_DIGIT = re.compile(r"\d")


def shown(field: str, value: str, *, masked: bool) -> str:
    """A value of a field; without the right to contact data an address or number is masked, however broken it is."""
    if not masked or not value:
        return value
    if field == "email":
        return mask_email(value)
    if field == "phone":
        return mask_phone(value) if _DIGIT.search(value) else value
    return str(mask(value))
