"""Drawings of products: a few shapes in two colours, so that the shop needs no pictures."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from quen.demo.catalogue import Product

_SHAPES = Path(__file__).parent / "shapes"


def svg(product: Product) -> str:
    """A whole SVG document of 200 by 200."""
    colour, behind = product.colours
    shape = _shape(product.shape).replace("currentColor", colour).replace("var(--dark)", _darker(colour))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">'
        f'<rect width="200" height="200" fill="{behind}"/>'
        '<ellipse cx="100" cy="172" rx="62" ry="7" fill="#000" opacity=".07"/>'
        f"{shape}</svg>"
    )


def _darker(colour: str) -> str:
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{int(part * 0.78):02x}" for part in parts)


@cache
def _shape(name: str) -> str:
    """The shapes of a drawing, without the document around them."""
    text = (_SHAPES / f"{name}.svg").read_text("utf-8")
    return text[text.index(">") + 1 : text.rindex("<")]
