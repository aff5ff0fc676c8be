"""The shop's pages: a small server of its own, because Quen itself sells nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from django.template import Context, Engine

from quen.config import Config
from quen.demo.catalogue import BY_ID, CATEGORIES, PRODUCTS, SHOP, TAGLINE, Product
from quen.demo.drawing import svg
from quen.demo.shop.accounts import Accounts
from quen.demo.shop.mail import Letter, Mailbox, with_links_in_new_tabs
from quen.demo.shop.words import WORDS
from quen.demo.simulator import Simulator

HERE = Path(__file__).parent
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
MAX_BODY = 10_000
MAX_READ = 1_000_000  # a client is told that its body is too long only when it has sent it
# A letter is somebody's HTML: no scripts, no forms, no requests but pictures (the open pixel is one).
LETTER_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src http: https: data:; "
    "style-src 'unsafe-inline' http: https:; font-src http: https:"
)


class Shop(msgspec.Struct):
    """What the pages are made of."""

    config: Config
    write_key: str
    mailbox: Mailbox
    accounts: Accounts
    simulator: Simulator


def serve(shop: Shop, host: str, port: int) -> ThreadingHTTPServer:
    """A listening server; call `serve_forever` on it."""

    class Handler(_Handler):
        pass

    Handler.shop = shop
    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    shop: Shop
    server_version = "TiemMay"
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        first, *rest = path.strip("/").split("/")
        page = _PAGES.get(first)
        if page is None or len(rest) > 2:
            self._page("missing.html", 404)
        else:
            page(self, rest)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, MAX_READ))
        # Only our own pages may post: a browser always says where a cross-site request comes from.
        origin = self.headers.get("Origin")
        if length > MAX_BODY or (origin and urlsplit(origin).netloc != self.headers.get("Host")):
            # Closed, because the rest of the body must not be taken for the next request.
            self._answer(403, b"", "text/plain", {"Connection": "close"})
            return
        fields = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        path = urlsplit(self.path).path
        if path == "/accounts":
            user_id = self.shop.accounts.user_id(fields.get("email", ""))
            self._json({"user_id": user_id}, 200 if user_id else 422)
        elif path == "/simulator":
            self.shop.simulator.switch(fields.get("on") == "1")
            self._redirect(self.headers.get("Referer") or "/")
        else:
            self._page("missing.html", 404)

    def log_message(self, *arguments: Any) -> None:
        """Silent: `quen demo` shows its own lines."""

    def _front(self, rest: list[str]) -> None:
        self._page(
            "front.html", page_name="Home", products=[self._card(p) for p in PRODUCTS], categories=self._categories()
        )

    def _product(self, rest: list[str]) -> None:
        product = BY_ID.get(rest[0]) if rest else None
        if product is None:
            self._page("missing.html", 404)
        else:
            others = [p for p in PRODUCTS if p.category == product.category and p is not product][:4]
            self._page(
                "product.html", page_name="Product", product=self._card(product), others=[self._card(p) for p in others]
            )

    def _plain(self, template: str, page_name: str) -> None:
        self._page(template, page_name=page_name)

    def _drawing(self, rest: list[str]) -> None:
        product = BY_ID.get(rest[0].removesuffix(".svg")) if rest else None
        if product is None:
            self._answer(404, b"", "text/plain")
        else:
            self._answer(200, svg(product).encode(), "image/svg+xml", {"Cache-Control": "max-age=86400"})

    def _static(self, rest: list[str]) -> None:
        content = _static_files().get(rest[0] if rest else "")
        if content is None:
            self._answer(404, b"", "text/plain")
        else:
            self._answer(200, content, TYPES[Path(rest[0]).suffix], {"Cache-Control": "no-cache"})

    def _language(self, rest: list[str]) -> None:
        wanted = rest[0] if rest and rest[0] in WORDS else "vi"
        self._redirect(self.headers.get("Referer") or "/", {"Set-Cookie": f"lang={wanted}; Path=/; SameSite=Lax"})

    def _mail(self, rest: list[str]) -> None:
        letters = self.shop.mailbox.newest()
        if not rest:
            shown = letters[0] if letters else None
        elif rest[0] == "newest":
            self._json({"newest": letters[0].number if letters else 0, "count": len(letters)})
            return
        else:
            shown = self.shop.mailbox.find(int(rest[0])) if rest[0].isdecimal() else None
            if shown is None:
                self._page("missing.html", 404)
                return
            if rest[1:] == ["html"]:
                content = with_links_in_new_tabs(shown.html or f"<pre>{_escaped(shown.text)}</pre>")
                self._answer(
                    200, content.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": LETTER_POLICY}
                )
                return
        listed = [{"letter": letter, "at": self._time(letter), "open": letter is shown} for letter in letters[:100]]
        self._page("mailbox.html", page_name="", letters=listed, shown=shown, shown_at=shown and self._time(shown))

    def _health(self, rest: list[str]) -> None:
        self._json({"status": "ok"})

    def _card(self, product: Product) -> dict[str, Any]:
        english = self._chosen_language() == "en"
        return {
            "id": product.id,
            "name": product.name_en if english else product.name,
            "text": product.text_en if english else product.text,
            "category": product.category,
            "category_name": CATEGORIES[product.category][1 if english else 0],
            "price": f"{product.price:,}".replace(",", ".") + "đ",
            "json": msgspec.json.encode(
                {
                    "product_id": product.id,
                    "name": product.name,
                    "category": CATEGORIES[product.category][0],
                    "price": product.price,
                    "currency": "VND",
                }
            ).decode(),
        }

    def _categories(self) -> list[tuple[str, str]]:
        at = 1 if self._chosen_language() == "en" else 0
        return [(key, names[at]) for key, names in CATEGORIES.items()]

    def _time(self, letter: Letter) -> str:
        return datetime.fromtimestamp(letter.at / 1000, self.shop.config.zone).strftime("%H:%M:%S %d/%m")

    def _chosen_language(self) -> str:
        cookie = SimpleCookie(self.headers.get("Cookie", ""))
        value = cookie["lang"].value if "lang" in cookie else self.shop.config.language
        return value if value in WORDS else "vi"

    def _page(self, template: str, status: int = 200, **values: Any) -> None:
        language = self._chosen_language()
        context = {
            "t": WORDS[language],
            "language": language,
            "shop": SHOP,
            "tagline": TAGLINE[language],
            "write_key": self.shop.write_key,
            "edge": self.shop.config.edge_url.rstrip("/"),
            "console": self.shop.config.base_url.rstrip("/"),
            "simulating": self.shop.simulator.running,
            **values,
        }
        html = _engine().get_template(template).render(Context(context))
        self._answer(status, html.encode(), "text/html; charset=utf-8")

    def _json(self, value: Any, status: int = 200) -> None:
        self._answer(status, msgspec.json.encode(value), "application/json")

    def _redirect(self, where: str, headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(where)
        self._answer(303, b"", "text/plain", {"Location": parts.path or "/", **(headers or {})})

    def _answer(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "X-Content-Type-Options": "nosniff",
        }.items():
            self.send_header(name, value)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


_PAGES: dict[str, Callable[[_Handler, list[str]], None]] = {
    "": _Handler._front,
    "p": _Handler._product,
    "cart": lambda handler, rest: handler._plain("cart.html", "Cart"),
    "checkout": lambda handler, rest: handler._plain("checkout.html", "Checkout"),
    "thanks": lambda handler, rest: handler._plain("thanks.html", "Order placed"),
    "signup": lambda handler, rest: handler._plain("signup.html", "Sign up"),
    "drawing": _Handler._drawing,
    "static": _Handler._static,
    "language": _Handler._language,
    "mailbox": _Handler._mail,
    "health": _Handler._health,
}


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(HERE / "templates")])


@cache
def _static_files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (HERE / "static").iterdir() if path.suffix in TYPES}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
