"""The forms of the content pages. Labels are written in the templates, next to their fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from quen.delivery.errors import TemplateError
from quen.delivery.service import MAX_NAME, check_content
from quen.delivery.templating import Content


class TemplateForm(forms.Form):
    name = forms.CharField(max_length=MAX_NAME)
    subject = forms.CharField(required=False, max_length=2_000)
    body = forms.CharField(strip=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        data["subject"] = data.get("subject", "")
        if data.get("body"):
            try:
                check_content(self.content)
            except TemplateError as error:
                self.add_error("subject" if error.place == "subject" else "body", error_text(error))
        return data

    @property
    def content(self) -> Content:
        """What is in the fields now, right or wrong."""
        return Content(self.data.get("subject", ""), self.data.get("body", ""))


def error_text(error: TemplateError) -> str:
    """With its line, in the viewer's language; what Liquid's parser says stays as it says it."""
    message = _(error.text) % error.values if error.values else _(error.text)
    if error.line and error.place == "body":
        return _("Line %(line)s: %(message)s") % {"line": error.line, "message": message}
    return message
