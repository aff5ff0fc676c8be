"""People's names, Vietnamese first: family, middle, given. Marks are kept; what stands around the name is not.

Of a name without a family name that is known nothing is guessed: western parsers take Nguyễn for the given name.
"""

from __future__ import annotations

import re
from typing import Any

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.phones import clean_phone
from quen.cleaning.text import fold, narrow, tidy, unify_tone

_FAMILIES_WRITTEN = """
nguyễn trần lê lệ phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý lí đinh trương đoàn lâm cao lương mai đào
lưu thái phùng vương chu châu tạ tô tăng trịnh hà quách mạc la hứa thạch kiều kim từ tôn triệu bạch vi nông lò
giàng sầm ma lục quan đàm nghiêm khổng ninh phí cù văn doãn khuất nhữ cung cấn mẫn trà trang tống thân tiêu vưu ung
ông âu bành bế biện bồ ca chế chung cổ danh diệp đan đậu đồng đới đường giáp giang hàn hàng hầu hình hoa hồng hùng
hướng kha khương khúc khưu lạc lại lã lữ lăng liễu liêu lô lộc long lư lường mã mạch man mâu nhan nhâm ngũ ngụy
nghị ôn phó phù phương quản quảng sái sơn sử tất thang thiều thi thôi thới tiết tiền tòng trầm trì triều trình
trưng tưởng uông vạn viên vòng xa yên y ksor siu rơ rmah h'mok mùa thào vàng sùng hạng cứ lầu tráng chảo đèo quàng
cầm lù tẩn phàn
"""
_FAMILIES = frozenset(_FAMILIES_WRITTEN.split())
# Of names without marks the less usual ones say nothing: `Hong`, `Trang` and `Phuong` are given names far more often.
_FAMILIES_PLAIN_WRITTEN = """
nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh truong doan lam cao luong mai dao luu thai
phung vuong chu chau ta to tang trinh ha quach mac hua thach kieu trieu nong luc dam tong
"""
_FAMILIES_PLAIN = frozenset(_FAMILIES_PLAIN_WRITTEN.split())
_NEVER_GIVEN = frozenset(
    {"nguyễn", "trần", "phạm", "huỳnh", "đặng", "bùi", "đỗ", "ngô", "võ", "phan",
     "nguyen", "tran", "pham", "huynh", "dang", "bui", "do", "ngo", "vo"}
)  # fmt: skip
_HONORIFICS = {
    "anh": "anh", "chị": "chị", "chi": "chị", "ông": "ông", "ong": "ông", "bà": "bà", "ba": "bà",
    "cô": "cô", "co": "cô",
    "chú": "chú", "bác": "bác", "dì": "dì", "cậu": "cậu", "thầy": "thầy", "em": "em", "bạn": "bạn",
    "a.": "anh", "c.": "chị", "ô.": "ông", "b.": "bà", "mr": "mr", "mrs": "mrs", "ms": "ms", "miss": "miss",
    "mr.": "mr", "mrs.": "mrs", "ms.": "ms", "dr": "dr", "dr.": "dr", "bs.": "bs", "ts.": "ts", "ths.": "ths",
    "bs": "bs", "ts": "ts", "ths": "ths", "gs": "gs", "pgs": "pgs", "kh": "kh",
    "kh:": "kh", "khách": "khách",
}  # fmt: skip
# Before a capital only: `a Tuấn`.
_SHORT = {"a": "anh", "c": "chị", "e": "em", "ô": "ông"}
# Without marks these are as often part of a name; they are dropped only in front of a whole one.
_UNSURE = frozenset({"ba", "co", "ong", "chi", "em"})
# `Anh Thư` is a woman's given name, not a Mr Thư.
_AFTER_ANH = frozenset({"thu", "tho", "dao", "thy"})
_PLACEHOLDERS = frozenset(
    {"n/a", "na", "none", "null", "nil", "unknown", "test", "khach", "khach le", "khach hang", "khach vang lai",
     "guest", "customer", "khong co", "khong ten", "khong biet", "khong ro", "chua co",
     "an danh", "anonymous", "no name",
     "noname", "undefined", "ten", "ho ten", "ho va ten"}
)  # fmt: skip
# On folded text. The legal forms say it wherever they stand; the other words are names too (`Ngân Hằng`), so that they
# say it only at the start.
_ORGANISATION = re.compile(
    r"\b(?:cong ty|cty|tnhh|dntn|htx|hkd|doanh nghiep|hop tac xa|ho kinh doanh|cua hang|shop|company|corporation|corp"
    r"|co\.,? ?ltd|ltd|llc|inc|jsc|gmbh|plc|pte)\b"
    r"|^(?:truong (?:mam non|tieu hoc|thcs|thpt|trung hoc|cao dang|dai hoc|quoc te)|benh vien|phong kham|khach san"
    r"|nha hang|nha thuoc|nha nghi|ngan hang|sieu thi|tap hoa|tap doan|hieu thuoc|trung tam|van phong|chi nhanh|dai ly"
    r"|uy ban|ubnd|quan an|quan ca phe|tiem)\b(?=.)"
)
_NOTE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_EMAIL = re.compile(r"<?(?:\bmailto:)?[^\s@<>,;:()\[\]]+@[^\s@<>,;:()\[\]]+\.[^\s@<>,;:()\[\]]+>?")
_PHONE = re.compile(r"(?<![\w+])(?:\+\d{1,3}|0|84)?[ .-]?\d(?:[ .-]?\d){7,9}(?!\w)")
_CONTACT_LABEL = re.compile(
    r"(?<!\w)(?:e-?mail|mail|sđt|sdt|đt|tel|phone|hotline|zalo|mobile)(?:\s*[:.-]+|(?=\s*$))", re.IGNORECASE
)
_SYMBOLS = re.compile("[\u2190-\u2bff\ufe0e\ufe0f\U0001f000-\U0001faff]+")  # hearts, stars, flowers
_SEVERAL = re.compile(r"[&+/]|\s(?:và|and)\s", re.IGNORECASE)
_WHOLE_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_EMPTY_BRACKETS = re.compile(r"[(\[<]\s*[)\]>]")
_WORD = re.compile(r"[^\W\d_]+")
_ATTACHED = re.compile(r"^([^\W\d_]{1,4}\.)(?=[^\W\d_]{2})")  # `Mr.Tuan`
_NOT_KEY = re.compile(r"[^a-z0-9]+")
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "md", "phd", "esq"})
_OTHER_D = re.compile("[ÐðƉɖ]")  # Icelandic and African letters that look like đ
_CONTACTS = {"email_dropped": "an_email", "phone_dropped": "a_phone"}
_AROUND = " .,;:*_-\"'`~/\\|"


def cleaned_name(value: Any, locale: Locale = VIETNAM) -> Cleaned:
    """A person's name: `clean` with its marks, `key` folded, family first where it is known.

    Parts, as far as they are sure: `honorific`, `family`, `middle`, `given`. Done: plain_letters, symbols_dropped,
    email_dropped, phone_dropped, note_dropped, honorific_dropped, reordered (`Smith, John`), case, crossed_d,
    tone_place. Hints: honorific_or_name, given_name_first, unknown_order, several (`Lan & Minh`), digits, organisation
    (left as it is written). Problems: empty, not_text, too_long, an_email, a_phone, not_a_name (a web address),
    no_letters, placeholder.
    """
    given, problem = as_text(value, 200)
    if problem:
        return Cleaned(value, problem=problem)
    done: list[str] = []
    hints: list[str] = []
    text = tidy(given)
    if (narrowed := narrow(text)) != text:
        text = _step(tidy(narrowed), text, "plain_letters", done)
    vietnamese = locale.region == "VN"
    if not text.isascii():
        text = _step(tidy(_SYMBOLS.sub(" ", text)), text, "symbols_dropped", done)
    text = _without_contacts(text, done)
    if not _WORD.search(text) and done and done[-1] in _CONTACTS:
        return Cleaned(value, problem=_CONTACTS[done[-1]])
    if "@" in text or "://" in text:
        return Cleaned(value, problem="not_a_name")
    if _is_organisation(text):
        return Cleaned(value, text, _NOT_KEY.sub(" ", fold(text)).strip(), tuple(done), hints=("organisation",))
    honorific = None
    # What one step takes away may bare what another one knows: `Anh, (VIP) Ms. LAN`, `Lan 5(08) 3822 1234`.
    for _ in range(50):
        before = text
        text = tidy(_step(_NOTE.sub(" ", text), text, "note_dropped", done)).strip(_AROUND)
        if fold(text) in _PLACEHOLDERS:
            return Cleaned(value, problem="placeholder")
        text, found = _without_honorific(text, vietnamese, hints)
        if found:
            done.append("honorific_dropped")
            honorific = honorific or found
        text = _without_contacts(text, done)
        text = _step(_in_order(text, vietnamese), text, "reordered", done)
        if text == before:
            break
    if not _WORD.search(text):
        return Cleaned(value, problem="no_letters")
    if text.isupper() or text.islower():
        text = _step(_WORD.sub(lambda word: word[0].capitalize(), text), text, "case", done)
    if vietnamese:
        text = _step(_OTHER_D.sub(_crossed_d, text), text, "crossed_d", done)
        text = _step(unify_tone(text), text, "tone_place", done)
    parts = _parts(text, vietnamese, hints)
    if any(c.isdigit() for c in text):
        hints.append("digits")
    if _ORGANISATION.search(fold(text)):
        hints.append("organisation")
    ordered = " ".join(part for _, part in parts) if "given_name_first" in hints else text
    key = _NOT_KEY.sub(" ", fold(ordered)).strip() or fold(text) or text.lower()  # rare letters have no plain ones
    if honorific:
        parts = (("honorific", honorific), *parts)
    return Cleaned(value, text, key, tuple(dict.fromkeys(done)), hints=tuple(dict.fromkeys(hints)), parts=parts)


def _step(after: str, before: str, word: str, done: list[str]) -> str:
    if after != before:
        done.append(word)
    return after


def _crossed_d(match: re.Match[str]) -> str:
    return "Đ" if match[0].isupper() else "đ"


def _without_contacts(text: str, done: list[str]) -> str:
    """Without the e-mail addresses and phone numbers that people write behind a name, and their labels."""
    if "@" not in text and not any(c.isdigit() for c in text):
        return text
    bare = _step(_EMAIL.sub(" ", text), text, "email_dropped", done)
    bare = _step(_PHONE.sub(_phone_or_not, bare), bare, "phone_dropped", done)
    if bare == text:
        return text
    bare = tidy(_EMPTY_BRACKETS.sub(" ", _CONTACT_LABEL.sub(" ", bare))).strip(_AROUND)
    return inner[1].strip(_AROUND) if (inner := _WHOLE_IN_BRACKETS.fullmatch(bare)) else bare


def _phone_or_not(match: re.Match[str]) -> str:
    return " " if clean_phone(match[0]) else match[0]


def _is_organisation(text: str) -> bool:
    """Behind a family name the same words are a person's: `Nguyễn Công Tý`."""
    found = _ORGANISATION.search(fold(text))
    return found is not None and (found.start() == 0 or not _is_family(text.split(" ", 1)[0]))


def _without_honorific(text: str, vietnamese: bool, hints: list[str]) -> tuple[str, str | None]:
    found = None
    while True:
        text = _ATTACHED.sub(lambda match: f"{match[1]} " if match[1].lower() in _HONORIFICS else match[1], text)
        first, _, rest = text.partition(" ")
        rest = rest.strip(_AROUND)
        if (short := _SHORT.get(first)) and rest[:1].isupper():
            text, found = rest, found or short
            continue
        known = _HONORIFICS.get(first.lower())
        if known is None or not _WORD.search(rest) or not _is_honorific(first.lower(), rest.split(), vietnamese, hints):
            return text, found
        text, found = rest, found or known


def _is_honorific(first: str, rest: list[str], vietnamese: bool, hints: list[str]) -> bool:
    if not vietnamese or first.endswith((".", ":")):
        return first.rstrip(".") in ("mr", "mrs", "ms", "miss", "dr") or vietnamese
    if first in _UNSURE:
        return len(rest) > 1 and _is_family(rest[0])
    if first != "anh":
        return True
    if len(rest) == 1 and rest[0].lower() in _NEVER_GIVEN:
        return False  # `Anh Nguyễn`: the given name first; nobody is called Mr Nguyễn
    if len(rest) == 1 and fold(rest[0]) in _AFTER_ANH:
        hints.append("honorific_or_name")
        return False
    return True


def _in_order(text: str, vietnamese: bool) -> str:
    if text.count(",") != 1:
        return text
    before, after = (part.strip(_AROUND) for part in text.split(","))
    if not before or not after or fold(after).strip(".") in _SUFFIXES:
        return text
    if vietnamese:
        return f"{before} {after}" if _is_family(before) else text
    return f"{after} {before}"


def _is_family(word: str) -> bool:
    lower = word.lower()
    return lower in (_FAMILIES_PLAIN if lower.isascii() else _FAMILIES)


def _parts(text: str, vietnamese: bool, hints: list[str]) -> tuple[tuple[str, str], ...]:
    words = text.split()
    if _SEVERAL.search(text):
        hints.append("several")
        return ()
    if len(words) == 1:
        return (("given", text),)
    if vietnamese and _is_family(words[0]):
        found = (words[0], words[1:-1], words[-1])
    elif not vietnamese:
        found = (words[-1], words[1:-1], words[0])
    elif words[-1].lower() in _NEVER_GIVEN:
        hints.append("given_name_first")
        found = (words[-1], words[1:-1], words[0])
    else:
        hints.append("unknown_order")
        return ()
    family, middle, given = found
    parts = (("family", family), ("middle", " ".join(middle)), ("given", given))
    return tuple(part for part in parts if part[1])
