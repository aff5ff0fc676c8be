"""The few pages that receivers of messages see. Whole in one answer: no other file, no script, no cookie. Pure."""

from __future__ import annotations

from html import escape

LANGUAGES = ("vi", "en")

_TEXTS = {
    "vi": {
        "unsubscribe.title": "Ngừng nhận tin",
        "unsubscribe.text": "Bạn không muốn nhận thư từ {workspace} qua địa chỉ này nữa?",
        "unsubscribe.button": "Ngừng nhận thư",
        "unsubscribed.title": "Đã ghi nhận",
        "unsubscribed.text": "{workspace} sẽ không gửi thêm thư quảng cáo đến địa chỉ này. Cảm ơn bạn.",
        "invalid.title": "Liên kết không hợp lệ",
        "invalid.text": "Liên kết này không đầy đủ hoặc không còn dùng được. Hãy mở lại từ thư bạn nhận được.",
        "again.title": "Chưa thực hiện được",
        "again.text": "Hệ thống đang bận nên chưa ghi nhận được yêu cầu. Vui lòng thử lại sau ít phút.",
        "again.button": "Thử lại",
    },
    "en": {
        "unsubscribe.title": "Unsubscribe",
        "unsubscribe.text": "You no longer want e-mails from {workspace} at this address?",
        "unsubscribe.button": "Unsubscribe",
        "unsubscribed.title": "Done",
        "unsubscribed.text": "{workspace} will send no more marketing e-mails to this address. Thank you.",
        "invalid.title": "This link is not valid",
        "invalid.text": "The link is incomplete or no longer in use. Please open it from the message you received.",
        "again.title": "That did not work yet",
        "again.text": "The system is busy and could not note your request. Please try again in a few minutes.",
        "again.button": "Try again",
    },
}
_STYLE = (
    "body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f6f7f9;color:#1d2733;"
    "font:1.05rem/1.6 system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}"
    "main{max-width:30rem;margin:1rem;padding:2.5rem;background:#fff;border-radius:.75rem;"
    "box-shadow:0 1px 3px rgba(0,0,0,.12);text-align:center}"
    "h1{font-size:1.5rem;line-height:1.3;margin:0 0 1rem}p{margin:0 0 1.5rem}p:last-child{margin:0}"
    "button{font:inherit;font-weight:600;padding:.7rem 1.6rem;border:0;border-radius:.5rem;background:#0b5cad;"
    "color:#fff;cursor:pointer}button:hover{background:#084a8c}"
    "button:focus-visible{outline:3px solid #84b6e8;outline-offset:2px}"
    "@media(prefers-color-scheme:dark){body{background:#12181f;color:#e6eaef}main{background:#1b232c}"
    "button{background:#1f6fc0}}"
)


def unsubscribe(language: str, workspace: str) -> str:
    return _page(language, workspace, "unsubscribe", button=True)


def unsubscribed(language: str, workspace: str) -> str:
    return _page(language, workspace, "unsubscribed")


def invalid_link(language: str, workspace: str) -> str:
    return _page(language, workspace, "invalid")


def try_again(language: str, workspace: str) -> str:
    return _page(language, workspace, "again", button=True)


def _page(language: str, workspace: str, name: str, *, button: bool = False) -> str:
    texts = _TEXTS[language]
    title = escape(texts[f"{name}.title"])
    text = escape(texts[f"{name}.text"].format(workspace=workspace))
    # Without an action the form goes back to the address it came from, which holds the token.
    form = (
        f'<form method="post"><button type="submit">{escape(texts[f"{name}.button"])}</button></form>' if button else ""
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>"
    )
