"""What can be wrong with a template."""

from __future__ import annotations

from collections.abc import Mapping

from quen.errors import InvalidInput


class TemplateError(InvalidInput):
    """The template cannot be used as it stands. `details` has `place` (subject, body) and `line` where known.

    `text` may hold `%(name)s` for `values`: pages translate it (it is marked with gettext_noop where it is made).
    """

    code = "template"

    def __init__(
        self, text: str, values: Mapping[str, str] | None = None, *, place: str = "body", line: int | None = None
    ) -> None:
        self.text = text
        self.values = dict(values or {})
        message = text % self.values if self.values else text
        super().__init__(message, details={"place": place, **({"line": line} if line else {})})
        self.place = place
        self.line = line
