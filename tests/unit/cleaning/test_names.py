from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quen.cleaning import Locale, cleaned_name
from quen.cleaning.names import _FAMILIES
from tests.unit.cleaning.shared import shared_file

WESTERN = Locale(region="GB", currency="GBP", decimal=".")


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize(
    "written",
    [
        "Đặng Thị Hòa",
        "Đặng Thị Hoà",
        "Ðặng Thị Hòa",
        "ĐẶNG THỊ HOÀ",
        "đặng thị hòa",
        "  Đặng   Thị\u200b Hoà ",
        "Chị Đặng Thị Hoà",
        "Ms. Đặng Thị Hòa",
        "Đặng Thị Hòa (mẹ bé Bi)",
        "Đặng, Thị Hòa",
    ],
)
def test_one_name_however_it_is_written(written: str, form: str) -> None:
    cleaned = cleaned_name(unicodedata.normalize(form, written))  # type: ignore[arg-type]
    assert cleaned.clean == "Đặng Thị Hòa"
    assert cleaned.key == "dang thi hoa"
    assert (cleaned.part("family"), cleaned.part("middle"), cleaned.part("given")) == ("Đặng", "Thị", "Hòa")


def test_with_and_without_marks_one_key_but_the_marks_stay() -> None:
    assert cleaned_name("Nguyễn Thị Lan").key == cleaned_name("Nguyen Thi Lan").key == "nguyen thi lan"
    assert cleaned_name("Nguyễn Thị Lan").clean == "Nguyễn Thị Lan"
    assert cleaned_name("Nguyen Thi Lan").clean == "Nguyen Thi Lan"


def test_what_was_done() -> None:
    assert cleaned_name("Nguyễn Thị Lan").done == ()
    assert cleaned_name("Anh NGUYỄN VĂN HOÀ").done == ("honorific_dropped", "case", "tone_place")
    assert cleaned_name("Ｎguyễn Văn A").done == ("plain_letters",)
    assert cleaned_name("Ðỗ Văn A (VIP)").done == ("note_dropped", "crossed_d")


@pytest.mark.parametrize(
    ("written", "clean", "honorific"),
    [
        ("Anh Tuấn", "Tuấn", "anh"),
        ("anh Nguyễn Văn Tuấn", "Nguyễn Văn Tuấn", "anh"),
        ("A. Tuấn", "Tuấn", "anh"),
        ("Ông Trần Văn B", "Trần Văn B", "ông"),
        ("Bà Lê Thị C", "Lê Thị C", "bà"),
        ("Cô Mai", "Mai", "cô"),
        ("Chú Ba", "Ba", "chú"),
        ("Mr Tuan", "Tuan", "mr"),
        ("Ms. Lan", "Lan", "ms"),
        ("Mr.Tuan", "Tuan", "mr"),
        ("BS Tuấn", "Tuấn", "bs"),
        ("a Tuấn", "Tuấn", "anh"),
        ("c Lan", "Lan", "chị"),
        ("A Lềnh", "A Lềnh", None),
        ("a lềnh", "A Lềnh", None),
        ("A.Tuấn", "Tuấn", "anh"),
        ("T.Hoa", "T.Hoa", None),
        ("Ba Nguyen Thi Lan", "Nguyen Thi Lan", "bà"),
        ("Ba Tuan", "Ba Tuan", None),  # no marks: a name as likely
        ("Anh", "Anh", None),
        ("Chi", "Chi", None),
        ("Nguyễn Thị Anh", "Nguyễn Thị Anh", None),
        ("Anh Nguyễn", "Anh Nguyễn", None),
        ("Anh Thư", "Anh Thư", None),
    ],
)
def test_honorifics(written: str, clean: str, honorific: str | None) -> None:
    cleaned = cleaned_name(written)
    assert (cleaned.clean, cleaned.part("honorific")) == (clean, honorific)


def test_the_order() -> None:
    first = cleaned_name("Anh Nguyễn")
    assert (first.part("given"), first.part("family"), first.key) == ("Anh", "Nguyễn", "nguyen anh")
    assert first.hints == ("given_name_first",)
    assert cleaned_name("Lan Nguyen").key == cleaned_name("Nguyen Lan").key
    assert cleaned_name("Hoàng Nguyễn").part("family") == "Hoàng"  # a family name first is believed
    unknown = cleaned_name("Trúc Linh")
    assert (unknown.parts, unknown.hints, unknown.key) == ((), ("unknown_order",), "truc linh")
    assert cleaned_name("Lan").parts == (("given", "Lan"),)
    assert cleaned_name("Trúc, Linh").clean == "Trúc, Linh"  # which of them is the family name is not said
    assert cleaned_name("John Smith").hints == ("unknown_order",)


def test_western_sources() -> None:
    cleaned = cleaned_name("SMITH, JOHN", WESTERN)
    assert (cleaned.clean, cleaned.part("given"), cleaned.part("family")) == ("John Smith", "John", "Smith")
    assert cleaned_name("Mr. John Q. O'Neil", WESTERN).part("family") == "O'Neil"
    assert cleaned_name("Anh Pham", WESTERN).part("given") == "Anh"
    assert cleaned_name("John Smith, Jr.", WESTERN).clean == "John Smith, Jr"


def test_hints() -> None:
    assert cleaned_name("Nguyễn Lan 2").hints == ("digits",)
    assert cleaned_name("Nguyễn Cong Ty").part("family") == "Nguyễn"
    for written in ("Nguyễn Lan & Trần Minh", "Nguyễn Lan và Trần Minh", "Lan/Minh"):
        assert (cleaned_name(written).hints, cleaned_name(written).parts) == (("several",), ())


@pytest.mark.parametrize(
    "written",
    [
        "CÔNG TY TNHH HOÀ BÌNH",
        "Công ty Cổ phần Anh Ba (chi nhánh Đà Nẵng)",
        "cty CP Ông Hoà, Hà Nội",
        "HTX Rau Sạch 2",
        "Cửa hàng Cô Ba",
        "ANH THƯ SHOP",
        "Anh Em Co., Ltd",
        "Smith & Sons Ltd",
        "Trường Tiểu học Lê Lợi",
        "NGÂN HÀNG TMCP Á CHÂU",
        "Khách sạn Bà Hai",
        "hộ kinh doanh Nguyễn Văn A",
    ],
)
def test_a_company_s_name_is_left_as_it_is_written(written: str) -> None:
    for locale in (Locale(), WESTERN):
        cleaned = cleaned_name(written, locale)
        assert (cleaned.clean, cleaned.done, cleaned.hints, cleaned.parts) == (written, (), ("organisation",), ())


@pytest.mark.parametrize("written", ["Cô Phan", "Trương Thị Lan", "Trần Ngân Hằng", "Nguyễn Văn Phong", "Lê Trung Tâm"])
def test_a_person_is_no_company(written: str) -> None:
    assert "organisation" not in cleaned_name(written).hints


@pytest.mark.parametrize(
    ("written", "clean", "done"),
    [
        ("Nguyễn Lan 0912345678", "Nguyễn Lan", ("phone_dropped",)),
        ("Nguyễn Lan - 0912.345.678", "Nguyễn Lan", ("phone_dropped",)),
        ("Nguyễn Lan SĐT: 01628123456", "Nguyễn Lan", ("phone_dropped",)),
        ("0912 345 678 Nguyễn Lan", "Nguyễn Lan", ("phone_dropped",)),
        ("Nguyễn Lan <lan@x.vn>", "Nguyễn Lan", ("email_dropped",)),
        ("Nguyễn Lan (lan@x.vn)", "Nguyễn Lan", ("email_dropped",)),
        ("Nguyễn Lan, lan@x.vn, 0912345678", "Nguyễn Lan", ("email_dropped", "phone_dropped")),
        ("Chị Lan 0912345678 (khách quen)", "Lan", ("phone_dropped", "note_dropped", "honorific_dropped")),
        ("0912345678 (Lan)", "Lan", ("phone_dropped",)),
        ("🌸 Nguyễn Lan ❤️", "Nguyễn Lan", ("symbols_dropped",)),
        ("Nguyễn Lan 123456789012", "Nguyễn Lan 123456789012", ()),
    ],
)
def test_an_address_or_number_in_the_field_of_the_name(written: str, clean: str, done: tuple[str, ...]) -> None:
    cleaned = cleaned_name(written)
    assert (cleaned.clean, cleaned.done) == (clean, done)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (None, "empty"),
        ("", "empty"),
        (["Lan"], "not_text"),
        ("x" * 201, "too_long"),
        ("lan@x.vn", "an_email"),
        ("Email: lan@x.vn", "an_email"),
        ("https://x.vn/lan", "not_a_name"),
        ("@lan", "not_a_name"),
        ("0912345678", "a_phone"),
        ("SĐT 0912 345 678", "a_phone"),
        ("lan@x.vn 0912345678", "a_phone"),
        (912345678, "a_phone"),
        (12345, "no_letters"),
        ("...", "no_letters"),
        ("🌸", "no_letters"),
        ("Khách lẻ", "placeholder"),
        ("N/A", "placeholder"),
        ("null", "placeholder"),
    ],
)
def test_why_it_is_refused(written: object, problem: str) -> None:
    cleaned = cleaned_name(written)
    assert (cleaned.problem, cleaned.clean, cleaned.key) == (problem, None, None)


def test_the_usual_family_names_are_known() -> None:
    regions = json.loads(shared_file("surnames_weighted_by_region.json").read_text(encoding="utf-8"))
    for names in regions.values():
        known = sum(weight for name, weight in names.items() if name.lower() in _FAMILIES)
        assert known > 0.95 * sum(names.values())


@pytest.mark.parametrize("file", ["givennames_boy.txt", "givennames_girl.txt"])
def test_given_names_behind_a_family_name(file: str) -> None:
    names = shared_file(file).read_text(encoding="utf-8").split("\n")
    for name in filter(None, (name.strip() for name in names)):
        cleaned = cleaned_name(f"Chị Nguyễn {name}")
        assert cleaned.part("family") == "Nguyễn"
        assert cleaned.key == cleaned_name(unicodedata.normalize("NFD", f"NGUYỄN {name.upper()}")).key


CONTACTS = ["0912345678", "lan@x.vn", "SĐT:", "CTY", "shop", "<", "-"]
WORDS = [
    "Anh",
    "Chị",
    "ba",
    "Nguyễn",
    "HOÀ",
    "thuý",
    ",",
    ".",
    "(",
    ")",
    "Mr.",
    "lan",
    "Trần",
    "0912345678",
    "lan@x.vn",
    "SĐT:",
    "CTY",
    "shop",
    "<",
    "-",
]


@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS)).map(" ".join))
@example("(0200000000'CTY)")
def test_what_came_is_kept_and_nothing_changes_twice(value: str) -> None:
    for locale in (Locale(), WESTERN):
        cleaned = cleaned_name(value, locale)
        assert cleaned.given is value
        assert (cleaned.clean is None) == (cleaned.problem is not None)
        if cleaned.clean:
            again = cleaned_name(cleaned.clean, locale)
            assert (again.clean, again.key) == (cleaned.clean, cleaned.key)
