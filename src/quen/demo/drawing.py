"""Drawings of products: a few shapes in two colours, so that the shop needs no pictures."""

from __future__ import annotations

from quen.demo.catalogue import Product

# Each is drawn in a square of 200, in {c} (the thing), {d} (a darker tone of it) and white at some opacity.
_SHAPES = {
    "pouch": '<path d="M62 52h76l8 108a8 8 0 0 1-8 8H62a8 8 0 0 1-8-8z" fill="{c}"/><path d="M62 52h76l1.5 20H60.5z" fill="{d}"/>'
    '<circle cx="100" cy="118" r="24" fill="#fff" opacity=".85"/><path d="M88 122c4-18 20-18 24-4-8 10-18 10-24 4z" fill="{c}"/>',
    "tin": '<rect x="62" y="66" width="76" height="100" rx="6" fill="{c}"/><rect x="58" y="48" width="84" height="24" rx="6" fill="{d}"/>'
    '<rect x="62" y="100" width="76" height="36" fill="#fff" opacity=".82"/><path d="M82 118h36" stroke="{c}" stroke-width="5" stroke-linecap="round"/>',
    "jar": '<rect x="66" y="70" width="68" height="98" rx="16" fill="{c}" opacity=".85"/><rect x="72" y="46" width="56" height="24" rx="5" fill="{d}"/>'
    '<rect x="66" y="104" width="68" height="34" fill="#fff" opacity=".75"/>',
    "bag": '<path d="M60 46h80v118a6 6 0 0 1-6 6H66a6 6 0 0 1-6-6z" fill="{c}"/><path d="M60 46h80v16H60z" fill="{d}"/>'
    '<ellipse cx="100" cy="116" rx="22" ry="28" fill="#fff" opacity=".85"/><path d="M100 90c-8 16 8 36 0 52" stroke="{c}" stroke-width="5" fill="none"/>',
    "box": '<path d="M52 76l48-22 48 22v66l-48 24-48-24z" fill="{c}"/><path d="M52 76l48 22 48-22-48-22z" fill="#fff" opacity=".45"/><path d="M100 98v68l48-24V76z" fill="{d}" opacity=".6"/>',
    "phin": '<ellipse cx="100" cy="132" rx="62" ry="10" fill="{d}"/><path d="M66 74h68l-6 56H72z" fill="{c}"/><rect x="60" y="66" width="80" height="10" rx="5" fill="{d}"/>'
    '<circle cx="100" cy="56" r="7" fill="{d}"/><path d="M100 146v18" stroke="#5a4030" stroke-width="5" stroke-linecap="round" stroke-dasharray="4 8"/>',
    "teapot": '<path d="M138 96c26-12 34 22 6 40" stroke="{d}" stroke-width="10" fill="none"/><path d="M64 112C44 108 46 88 34 80" stroke="{c}" stroke-width="14" fill="none" stroke-linecap="round"/>'
    '<ellipse cx="100" cy="122" rx="50" ry="42" fill="{c}"/><ellipse cx="100" cy="84" rx="28" ry="8" fill="{d}"/><circle cx="100" cy="72" r="7" fill="{d}"/><path d="M70 112c6-12 16-18 28-20" stroke="#fff" opacity=".5" stroke-width="5" fill="none" stroke-linecap="round"/>',
    "cups": '<g fill="{c}"><path d="M40 84h52l-6 40a8 8 0 0 1-8 6H54a8 8 0 0 1-8-6z"/><path d="M108 84h52l-6 40a8 8 0 0 1-8 6h-24a8 8 0 0 1-8-6z"/></g>'
    '<g stroke="#fff" stroke-width="4" fill="none" opacity=".8"><path d="M52 106q7-10 14 0t14 0"/><path d="M120 106q7-10 14 0t14 0"/></g><g fill="{d}"><ellipse cx="66" cy="84" rx="26" ry="6"/><ellipse cx="134" cy="84" rx="26" ry="6"/></g>',
    "mug": '<path d="M128 88c34-4 34 46 0 44" stroke="{d}" stroke-width="11" fill="none"/><rect x="58" y="66" width="74" height="92" rx="12" fill="{c}"/><ellipse cx="95" cy="68" rx="37" ry="8" fill="{d}"/>'
    '<path d="M72 92v42" stroke="#fff" opacity=".5" stroke-width="6" stroke-linecap="round"/>',
    "bowl": '<path d="M40 84h120c0 46-24 70-46 72v8H86v-8c-22-2-46-26-46-72z" fill="#fff"/><path d="M40 84h120c0 5-.3 10-1 15H41c-.7-5-1-10-1-15z" fill="{c}"/><ellipse cx="100" cy="84" rx="60" ry="10" fill="{d}"/>',
    "vase": '<path d="M90 60h20v22c22 10 30 30 30 46 0 24-16 40-40 40s-40-16-40-40c0-16 8-36 30-46z" fill="{c}"/><path d="M100 62C98 40 112 34 116 20" stroke="#5d7a55" stroke-width="4" fill="none"/><circle cx="118" cy="22" r="8" fill="#d98b9a"/><circle cx="106" cy="38" r="6" fill="#d98b9a"/>',
    "plate": '<ellipse cx="100" cy="116" rx="66" ry="40" fill="{c}"/><ellipse cx="100" cy="112" rx="50" ry="28" fill="#fff" opacity=".35"/><path d="M70 116c18-22 42-24 62-8-18 20-42 22-62 8zM74 115c18-2 36-4 54-6" stroke="{d}" stroke-width="3" fill="none"/>',
    "jug": '<path d="M128 82c30 0 30 54 2 56" stroke="{d}" stroke-width="9" fill="none"/><path d="M66 58h66v96a14 14 0 0 1-14 14H80a14 14 0 0 1-14-14z" fill="{c}" opacity=".55"/><path d="M66 104h66v50a14 14 0 0 1-14 14H80a14 14 0 0 1-14-14z" fill="#b98146" opacity=".75"/><rect x="70" y="44" width="58" height="14" rx="6" fill="#a67c52"/>',
    "gift": '<rect x="48" y="84" width="104" height="80" rx="6" fill="{c}"/><rect x="42" y="64" width="116" height="28" rx="6" fill="{d}"/><rect x="92" y="64" width="16" height="100" fill="#fff" opacity=".85"/><path d="M100 64c-30-2-34-30-14-28 12 2 14 18 14 28zm0 0c30-2 34-30 14-28-12 2-14 18-14 28z" fill="none" stroke="#fff" stroke-width="7"/>',
    "card": '<rect x="40" y="66" width="120" height="76" rx="10" fill="{c}"/><path d="M40 108q30-26 60 0t60 0v24a10 10 0 0 1-10 10H50a10 10 0 0 1-10-10z" fill="{d}"/><path d="M56 84h40" stroke="#fff" stroke-width="6" stroke-linecap="round"/>',
    "book": '<rect x="58" y="48" width="88" height="116" rx="5" fill="{c}"/><rect x="58" y="48" width="18" height="116" rx="5" fill="{d}"/><g stroke="#fff" stroke-width="3"><path d="M67 60v12M67 84v12M67 108v12M67 132v12"/></g><rect x="92" y="72" width="40" height="24" rx="3" fill="#fff" opacity=".8"/>',
    "candle": '<rect x="66" y="88" width="68" height="80" rx="8" fill="{c}"/><ellipse cx="100" cy="88" rx="34" ry="8" fill="{d}"/><path d="M100 86V72" stroke="#4a3a2a" stroke-width="4"/><path d="M100 72c-12-12 0-20 0-34 10 12 14 24 0 34z" fill="#f08c3a"/>',
}  # fmt: skip


def svg(product: Product) -> str:
    """A whole SVG document of 200 by 200."""
    colour, behind = product.colours
    shape = _SHAPES[product.shape].replace("{c}", colour).replace("{d}", _darker(colour))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" role="img">'
        f'<rect width="200" height="200" fill="{behind}"/><ellipse cx="100" cy="172" rx="62" ry="7" fill="#000" opacity=".07"/>'
        f"{shape}</svg>"
    )


def _darker(colour: str) -> str:
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{int(part * 0.78):02x}" for part in parts)
