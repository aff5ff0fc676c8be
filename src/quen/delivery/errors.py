"""What can be wrong with a template."""

from __future__ import annotations

from quen.errors import InvalidInput


class TemplateError(InvalidInput):
    """The template cannot be used as it stands. `details` has `place` (subject, body) and `line` where known."""

    code = "template"

    def __init__(self, message: str, *, place: str = "body", line: int | None = None) -> None:
        super().__init__(message, details={"place": place, **({"line": line} if line else {})})
        self.place = place
        self.line = line
