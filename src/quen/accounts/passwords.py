"""What a password must be."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Django's own, with words that exist in Vietnamese."""

    def get_error_message(self) -> str:
        return _("This password is too short: at least %(count)d characters.") % {"count": self.min_length}
