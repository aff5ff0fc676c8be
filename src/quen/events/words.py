"""Events in the words of people: an icon, a phrase in the reader's language, what it was about and its key facts.

Pure but for gettext. The names follow the e-commerce events that shops send and Quen's own; an event that Quen does
not know keeps its name and shows its first properties.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

KINDS = {
    "orders": _("Orders and carts"),
    "browsing": _("Browsing"),
    "identity": _("Identity"),
    "messages": _("Messages"),
    "automation": _("Segments and journeys"),
    "other": _("Everything else"),
}


class Phrase(msgspec.Struct, frozen=True):
    """How one event name reads. `about`: properties that may say what it was about, the first present one counts."""

    kind: str
    icon: str  # of Tabler icons, without "ti-"
    tone: str  # Tabler colour
    title: Any
    about: tuple[str, ...] = ()


class Fact(msgspec.Struct, frozen=True):
    """One key property. `kind`: text, money (then `currency` may name one), number or items."""

    label: Any
    value: Any
    kind: str = "text"
    currency: str = ""


class Words(msgspec.Struct, frozen=True):
    kind: str
    icon: str
    tone: str
    title: str
    about: str
    facts: list[Fact]


_COUPON = ("coupon_name", "coupon_id", "coupon")
_PRODUCT = ("name", "product_name", "product", "title", "product_id", "sku")
_ORDER = ("order_id", "order_code", "id")
_MAIL = ("subject",)

PHRASES: dict[str, Phrase] = {
    "Page Viewed": Phrase("browsing", "world", "azure", _("Viewed the page"), ("title", "name", "path", "url")),
    "Screen Viewed": Phrase("browsing", "device-mobile", "azure", _("Opened the screen"), ("name", "title")),
    "Identified": Phrase("identity", "id-badge-2", "purple", _("Told us who they are")),
    "Group Joined": Phrase("identity", "users-group", "purple", _("Joined the group"), ("name", "group_id")),
    "Aliased": Phrase("identity", "link", "purple", _("Was given another identifier")),
    "Signed Up": Phrase("identity", "user-plus", "purple", _("Signed up"), ("method", "type")),
    "Account Created": Phrase("identity", "user-plus", "purple", _("Created an account")),
    "Signed In": Phrase("identity", "login", "purple", _("Signed in"), ("method",)),
    "Signed Out": Phrase("identity", "logout", "purple", _("Signed out")),
    "Products Searched": Phrase("browsing", "search", "azure", _("Searched for"), ("query",)),
    "Product List Viewed": Phrase("browsing", "layout-grid", "azure", _("Browsed the list"), ("category", "list_id")),
    "Product List Filtered": Phrase("browsing", "filter", "azure", _("Filtered the list"), ("category", "list_id")),
    "Product Clicked": Phrase("browsing", "pointer", "azure", _("Clicked on"), _PRODUCT),
    "Product Viewed": Phrase("browsing", "eye", "azure", _("Viewed the product"), _PRODUCT),
    "Product Shared": Phrase("browsing", "share", "azure", _("Shared the product"), _PRODUCT),
    "Product Reviewed": Phrase("browsing", "star", "yellow", _("Reviewed the product"), (*_PRODUCT, "review_body")),
    "Promotion Viewed": Phrase("browsing", "discount-2", "azure", _("Saw the promotion"), ("name", "promotion_id")),
    "Promotion Clicked": Phrase("browsing", "discount-2", "azure", _("Opened the promotion"), ("name", "promotion_id")),
    "Product Added": Phrase("orders", "shopping-cart-plus", "lime", _("Added to the cart"), _PRODUCT),
    "Product Removed": Phrase("orders", "shopping-cart-minus", "orange", _("Removed from the cart"), _PRODUCT),
    "Product Added to Wishlist": Phrase("orders", "heart", "pink", _("Added to the wish list"), _PRODUCT),
    "Product Removed from Wishlist": Phrase("orders", "heart-off", "orange", _("Removed from the wish list"), _PRODUCT),
    "Cart Viewed": Phrase("orders", "shopping-cart", "lime", _("Looked into the cart")),
    "Checkout Started": Phrase("orders", "cash-register", "lime", _("Started the checkout"), _ORDER),
    "Checkout Step Viewed": Phrase("orders", "list-check", "lime", _("Reached the checkout step"), ("step",)),
    "Checkout Step Completed": Phrase("orders", "list-check", "lime", _("Finished the checkout step"), ("step",)),
    "Payment Info Entered": Phrase("orders", "credit-card", "lime", _("Entered payment details"), ("payment_method",)),
    "Coupon Entered": Phrase("orders", "ticket", "lime", _("Entered the voucher"), _COUPON),
    "Coupon Applied": Phrase("orders", "ticket", "lime", _("Used the voucher"), _COUPON),
    "Coupon Denied": Phrase("orders", "ticket-off", "orange", _("Was refused the voucher"), _COUPON),
    "Order Completed": Phrase("orders", "shopping-bag-check", "green", _("Placed the order"), _ORDER),
    "Order Updated": Phrase("orders", "shopping-bag-edit", "green", _("Changed the order"), _ORDER),
    "Order Cancelled": Phrase("orders", "shopping-bag-x", "red", _("Cancelled the order"), _ORDER),
    "Order Refunded": Phrase("orders", "receipt-refund", "red", _("Was refunded for the order"), _ORDER),
    "Application Installed": Phrase("browsing", "download", "azure", _("Installed the app"), ("version",)),
    "Application Opened": Phrase("browsing", "device-mobile", "azure", _("Opened the app"), ("version",)),
    "Application Updated": Phrase("browsing", "refresh", "azure", _("Updated the app"), ("version",)),
    "Email Sent": Phrase("messages", "mail-forward", "cyan", _("Was sent the e-mail"), _MAIL),
    "Email Opened": Phrase("messages", "mail-opened", "cyan", _("Opened the e-mail"), _MAIL),
    "Email Clicked": Phrase("messages", "hand-click", "cyan", _("Clicked a link in the e-mail"), _MAIL),
    "Email Failed": Phrase("messages", "mail-x", "red", _("The e-mail did not go out"), _MAIL),
    "Email Suppressed": Phrase("messages", "mail-off", "orange", _("The e-mail was held back"), _MAIL),
    "OA Followed": Phrase("messages", "user-heart", "cyan", _("Followed the OA"), ("oa", "name")),
    "OA Unfollowed": Phrase("messages", "user-minus", "orange", _("Unfollowed the OA"), ("oa", "name")),
    "OA Message Received": Phrase("messages", "message-circle", "cyan", _("Wrote to the OA"), ("text", "message")),
    "Unsubscribed": Phrase("messages", "bell-off", "red", _("Unsubscribed"), ("channel",)),
    "Segment Entered": Phrase("automation", "filter-plus", "indigo", _("Entered the segment"), ("segment",)),
    "Segment Exited": Phrase("automation", "filter-minus", "secondary", _("Left the segment"), ("segment",)),
    "List Joined": Phrase("automation", "list-check", "indigo", _("Was put on the list"), ("list",)),
    "List Left": Phrase("automation", "list", "secondary", _("Was taken off the list"), ("list",)),
    "Address Suppressed": Phrase("messages", "bell-off", "red", _("Gets nothing more on the channel"), ("channel",)),
    "Address Released": Phrase("messages", "bell", "cyan", _("Gets messages on the channel again"), ("channel",)),
    "Journey Entered": Phrase("automation", "route", "indigo", _("Started the journey"), ("journey",)),
    "Journey Ended": Phrase("automation", "flag-check", "secondary", _("Finished the journey"), ("journey",)),
}  # fmt: skip

_MONEY = {
    "total": _("total"), "revenue": _("revenue"), "value": _("value"), "price": _("price"), "amount": _("amount"),
    "subtotal": _("subtotal"), "discount": _("discount"), "refund": _("refund"),
}  # fmt: skip
# Money that is worth a line on the timeline, in this order; more is in the raw properties.
_SHOWN_MONEY = ("total", "revenue", "value", "amount", "price")
_SHOWN = {
    "quantity": _("quantity"), "category": _("category"), "brand": _("brand"), "variant": _("variant"),
    "color": _("colour"), "size": _("size"), "coupon": _("voucher"), "payment_method": _("paid by"),
    "store": _("store"), "channel": _("channel"), "rating": _("rating"), "reason": _("reason"), "url": _("link"),
    "referrer": _("came from"), "city": _("city"),
}  # fmt: skip
_SHORTEST = ("url", "referrer")  # long and seldom read: only where the event is about them
_MOST_FACTS = 4


def events_of_kind(kind: str) -> list[str]:
    """The event names of a kind; for `other` there are none: it is what no kind names."""
    return [name for name, phrase in PHRASES.items() if phrase.kind == kind]


def describe(event: str, type_: str, properties: Mapping[str, Any]) -> Words:
    """How an event reads on a timeline, in the active language."""
    phrase = PHRASES.get(event)
    if phrase is None:
        icon, tone = ("robot", "secondary") if type_ == "system" else ("bolt", "teal")
        phrase = Phrase("other", icon, tone, event)
    about_key = next((key for key in phrase.about if _scalar(properties.get(key))), "")
    about = str(properties.get(about_key, "")) if about_key else ""
    if about and about_key == "order_id":
        about = f"#{about.removeprefix('#')}"
    return Words(
        phrase.kind, phrase.icon, phrase.tone, str(phrase.title), about[:200], _facts(event, properties, about_key)
    )


def _facts(event: str, properties: Mapping[str, Any], about_key: str) -> list[Fact]:
    if event == "Identified":
        return [Fact(name, str(value)[:80]) for name, value in properties.items() if _scalar(value)][:_MOST_FACTS]
    facts: list[Fact] = []
    for key in _SHOWN_MONEY:
        if isinstance(amount := properties.get(key), (int, float)) and not isinstance(amount, bool):
            facts.append(Fact(_MONEY[key], amount, "money", str(properties.get("currency") or "")))
            break
    products = properties.get("products")
    if isinstance(products, list) and products:
        facts.append(Fact("", ngettext("%d product", "%d products", len(products)) % len(products), "items"))
    for key, label in _SHOWN.items():
        value = properties.get(key)
        if key != about_key and _scalar(value) and (key not in _SHORTEST or event == "Email Clicked"):
            facts.append(Fact(label, str(value)[:80]))
    if not facts and event not in PHRASES:
        facts = [Fact(key, str(value)[:80]) for key, value in properties.items() if key != about_key and _scalar(value)]
    return facts[:_MOST_FACTS]


def _scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and value != ""
