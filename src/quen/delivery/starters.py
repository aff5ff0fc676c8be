"""Ready templates to begin with, in Vietnamese and English: the subjects here, the bodies in starter_files/."""

from __future__ import annotations

from importlib import resources

import msgspec
from django.utils.translation import gettext_lazy as _


class Starter(msgspec.Struct, frozen=True):
    key: str
    language: str
    name: str
    subject: str

    @property
    def body(self) -> str:
        return (resources.files("quen.delivery") / "starter_files" / f"{self.key}.{self.language}.mjml").read_text(
            "utf-8"
        )


# key → name, what it is, icon
STARTER_NAMES = {
    "welcome": (_("Welcome"), _("Greets someone who has just signed up."), "confetti"),
    "cart": (
        _("Abandoned cart"),
        _("Shows the products left in the cart, with prices and a button back."),
        "shopping-cart",
    ),
    "offer": (_("Offer"), _("One offer with its code and its last day."), "discount"),
    "blank": (_("Blank"), _("Only the frame: a heading, a paragraph and the way out."), "file"),
}

STARTERS: tuple[Starter, ...] = (
    Starter("welcome", "vi", "Chào mừng", 'Chào {{ person.name | given_name | default: "bạn" }}, cảm ơn bạn đã đến!'),
    Starter("welcome", "en", "Welcome", 'Welcome, {{ person.name | default: "friend" }}!'),
    Starter(
        "cart", "vi", "Bỏ quên giỏ hàng", '{{ person.name | given_name | default: "Bạn" }} ơi, bạn để quên giỏ hàng'
    ),
    Starter(
        "cart", "en", "Abandoned cart", "You left something behind{% if person.name %}, {{ person.name }}{% endif %}"
    ),
    Starter("offer", "vi", "Ưu đãi", '[QC] Tặng {{ person.name | given_name | default: "bạn" }} mã giảm 10%'),
    Starter("offer", "en", "Offer", '10% off for {{ person.name | default: "you" }}'),
    Starter("blank", "vi", "Mẫu trống", "Thư từ {{ workspace.name }}"),
    Starter("blank", "en", "Blank", "News from {{ workspace.name }}"),
)


def starter(key: str, language: str) -> Starter | None:
    """The starter in that language, else in any."""
    found = [s for s in STARTERS if s.key == key]
    return next((s for s in found if s.language == language), found[0] if found else None)


# What a preview shows where no real event is at hand.
SAMPLE_EVENT = {
    "event": "Product Added",
    "time": 1_767_225_600_000,
    "properties": {
        "cart_id": "C-1024",
        "total": 615_000,
        "products": [
            {"name": "Khăn lụa tơ tằm", "price": 350_000, "quantity": 1},
            {"name": "Trà sen Tây Hồ 100 g", "price": 265_000, "quantity": 1},
        ],
    },
}
SAMPLE_TRAITS = {
    "name": "Nguyễn Ngọc Lan",
    "first_name": "Lan",
    "email": "lan@example.com",
    "phone": "+84901234567",
    "city": "Hà Nội",
}
