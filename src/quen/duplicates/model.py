"""What agreement and disagreement are worth: the comparisons, as data.

`m` is how often a level is seen between two records of one person, `u` between those of two people; the weight of a
level is log2(m/u) bits. Where a level names a `frequency` column, `u` is how frequent the very value is: Nguyễn says
little. The values of `m` are those of ordinary customer data, with slips in a tenth of the fields; none was trained on
a file.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from quen.duplicates.records import Style


class Level(msgspec.Struct, frozen=True):
    """`name` is a stable word; `sql` is a condition on the columns with _l and _r behind them, "" for all others."""

    name: str
    sql: str
    m: float
    u: float
    frequency: str = ""  # column whose value's share of the records takes the place of u


class Comparison(msgspec.Struct, frozen=True):
    """The first level that holds counts; none where `missing` holds."""

    name: str
    missing: str
    levels: tuple[Level, ...]


def _missing(column: str) -> str:
    return f"{column}_l IS NULL OR {column}_r IS NULL"


def _slip(column: str) -> str:
    """One slip of the keys, or the like for its length: two in a long word."""
    left, right = f"{column}_l", f"{column}_r"
    return (
        f"(damerau_levenshtein({left}, {right}) <= CASE WHEN least(length({left}), length({right})) >= 8 THEN 2"
        f" WHEN least(length({left}), length({right})) >= 3 THEN 1 ELSE 0 END"
        f" OR (least(length({left}), length({right})) >= 4 AND jaro_winkler_similarity({left}, {right}) >= 0.92))"
    )


def _letters(column: str) -> str:
    """The same letters in another order: `Sofia`, `foSia`."""
    return f"{column}_letters_l = {column}_letters_r"


_SWAPPED = "given_l = family_r AND family_l = given_r AND given_l <> given_r"
_SWAPPED_NEAR = (
    "given_l <> given_r AND jaro_winkler_similarity(given_l, family_r) >= 0.85"
    " AND jaro_winkler_similarity(family_l, given_r) >= 0.85"
    " AND jaro_winkler_similarity(given_l, given_r) < 0.85"
)
_HALF_SWAPPED = "(given_l = family_r OR family_l = given_r) AND (family_l IS NULL OR family_r IS NULL)"

_GIVEN = Comparison(
    "given",
    "(given_l IS NULL AND (family_l IS NULL OR given_r IS NULL OR family_l <> given_r))"
    " OR (given_r IS NULL AND (family_r IS NULL OR given_l IS NULL OR family_r <> given_l))",
    (
        Level("same", "given_l = given_r", 0.75, 0.005, "given"),
        Level("swapped", _SWAPPED, 0.04, 0.00002),
        Level("swapped_near", _SWAPPED_NEAR, 0.02, 0.0001),
        Level("half_swapped", "given_l = family_r OR family_l = given_r", 0.02, 0.004),
        Level("short_form", "list_has_any(called_l, called_r)", 0.03, 0.003),
        Level("initial", "least(length(given_l), length(given_r)) = 1 AND given_l[1] = given_r[1]", 0.02, 0.03),
        # Of two usual names that differ in a letter neither is a slip: Mark and Mary, Lan and Lam are two people.
        Level("one_letter", "usual_l + usual_r = 2 AND damerau_levenshtein(given_l, given_r) <= 1", 0.012, 0.006),
        Level("slip", f"({_slip('given')} OR {_letters('given')}) AND usual_l + usual_r < 2", 0.11, 0.004),
        Level(
            "beginning",
            "least(length(given_l), length(given_r)) >= 3 AND (starts_with(given_l, given_r)"
            " OR starts_with(given_r, given_l))",
            0.01,
            0.002,
        ),
        Level("alike", "jaro_winkler_similarity(given_l, given_r) >= 0.8", 0.02, 0.02),
        Level("different", "", 0.02, 0.93),
    ),
)
_FAMILY = Comparison(
    "family",
    _missing("family"),
    (
        Level("same", "family_l = family_r", 0.75, 0.003, "family"),
        # Counted with the given name.
        Level("swapped", f"({_SWAPPED}) OR ({_SWAPPED_NEAR})", 0.05, 0.05),
        Level("slip", f"{_slip('family')} OR {_letters('family')}", 0.12, 0.003),
        Level(
            "part",
            "least(length(family_l), length(family_r)) >= 4 AND (contains(family_l, family_r)"
            " OR contains(family_r, family_l))",
            0.02,
            0.001,
        ),
        Level("alike", "jaro_winkler_similarity(family_l, family_r) >= 0.8", 0.02, 0.02),
        Level("different", "", 0.06, 0.93),
    ),
)
# A Vietnamese name is compared as a whole: its words depend on each other, and the given name is the last of them.
_MARKS_APART = "marked_l IS NOT NULL AND marked_r IS NOT NULL AND marked_l <> marked_r"
_NAME = Comparison(
    "name",
    _missing("name"),
    (
        Level("same_marks", "marked_l = marked_r", 0.34, 0.0005, "name"),
        Level("marks_apart", f"name_l = name_r AND {_MARKS_APART}", 0.03, 0.0005),
        Level("same", "name_l = name_r", 0.33, 0.0005, "name"),
        Level("order", "words_l = words_r AND contains(words_l, ' ')", 0.04, 0.0005, "words"),
        Level(
            "slip",
            "usual_l + usual_r < 2 AND least(length(compact_l), length(compact_r)) >= 6"
            " AND (damerau_levenshtein(compact_l, compact_r) <= 1 OR name_letters_l = name_letters_r)",
            0.07,
            0.00005,
        ),
        Level(
            "part",
            "given_l = given_r AND family_l = family_r AND (middle_l IS NULL OR middle_r IS NULL"
            " OR contains(middle_l, middle_r) OR contains(middle_r, middle_l))",
            0.05,
            0.002,
            "both",
        ),
        Level("given_only", "given_l = given_r AND (family_l IS NULL OR family_r IS NULL)", 0.07, 0.02, "given"),
        Level("given_family", "given_l = given_r AND family_l = family_r", 0.006, 0.003, "both"),
        Level("given", "given_l = given_r", 0.015, 0.02),
        Level("given_slip", "usual_l + usual_r < 2 AND damerau_levenshtein(given_l, given_r) <= 1", 0.02, 0.02),
        Level("one_letter", "damerau_levenshtein(compact_l, compact_r) <= 1", 0.004, 0.004),
        Level("different", "", 0.02, 0.95),
    ),
)
GENERATION = 13  # years: a parent and a child of one name are two people
_YEARS = "coalesce(try_cast(year_l AS INT) - try_cast(year_r AS INT), 0)"
_BIRTH = Comparison(
    "birth",
    _missing("year"),
    (
        Level("same", "birth_l = birth_r", 0.78, 0.0001, "birth"),
        Level("day_month", "year_l = year_r AND month_l = day_r AND day_l = month_r", 0.03, 0.0001),
        Level(
            "one_part",
            "(year_l = year_r)::INT + (month_l = month_r)::INT + (day_l = day_r)::INT = 2"
            " AND damerau_levenshtein(birth_l, birth_r) <= 2",
            0.10,
            0.002,
        ),
        Level("slip", "damerau_levenshtein(birth_l, birth_r) <= 1", 0.01, 0.0005),
        Level("year", "year_l = year_r AND (birth_l IS NULL OR birth_r IS NULL)", 0.02, 0.016),
        Level("near", "damerau_levenshtein(birth_l, birth_r) <= 2", 0.03, 0.02),
        Level("different", f"abs({_YEARS}) < {GENERATION}", 0.025, 0.40),
        Level("generation", "", 0.005, 0.56),
    ),
)
_PHONE = Comparison(
    "phone",
    _missing("phones"),
    (
        Level("same", "list_has_any(own_phones_l, own_phones_r)", 0.60, 0.00003),
        Level("shared", "list_has_any(phones_l, phones_r)", 0.05, 0.004),
        Level(
            "slip",
            "damerau_levenshtein(phone_l, phone_r) <= 1",
            0.05,
            0.0002,
        ),
        Level("different", "", 0.30, 0.995),
    ),
)
_EMAIL = Comparison(
    "email",
    _missing("emails"),
    (
        Level("same", "list_has_any(own_emails_l, own_emails_r)", 0.60, 0.00002),
        Level("shared", "list_has_any(emails_l, emails_r)", 0.05, 0.004),
        # Addresses are made of names: what tells two namesakes apart is often a number only.
        Level(
            "slip",
            "digits_l = digits_r AND length(email_l) >= 9 AND (damerau_levenshtein(email_l, email_r) <= 2"
            " OR jaro_winkler_similarity(email_l, email_r) >= 0.96)",
            0.09,
            0.00005,
        ),
        Level("local", "local_l = local_r AND length(local_l) >= 6", 0.03, 0.0003),
        Level("alike", "damerau_levenshtein(email_l, email_r) <= 2 AND length(email_l) >= 9", 0.04, 0.001),
        Level("different", "", 0.19, 0.995),
    ),
)
_STREET = Comparison(
    "street",
    _missing("street"),
    (
        Level("same", "street_l = street_r", 0.60, 0.001, "street"),
        Level(
            "slip",
            f"length(street_l) >= 5 AND number_l IS NOT DISTINCT FROM number_r AND {_slip('street')}",
            0.12,
            0.0005,
        ),
        Level(
            "alike",
            "number_l IS NOT DISTINCT FROM number_r AND jaro_winkler_similarity(street_l, street_r) >= 0.85",
            0.04,
            0.002,
        ),
        Level("road", "jaro_winkler_similarity(street_l, street_r) >= 0.85", 0.04, 0.02),
        Level("different", "", 0.22, 0.98),
    ),
)
_PLACE = Comparison(
    "place",
    _missing("place"),
    (
        Level("same", "place_l = place_r", 0.70, 0.05, "place"),
        Level("slip", _slip("place"), 0.10, 0.003),
        Level("alike", "jaro_winkler_similarity(place_l, place_r) >= 0.8", 0.03, 0.02),
        Level("different", "", 0.17, 0.93),
    ),
)
_PROVINCE = Comparison(
    "province",
    _missing("province"),
    (Level("same", "province_l = province_r", 0.85, 0.3, "province"), Level("different", "", 0.15, 0.7)),
)
_POSTCODE = Comparison(
    "postcode",
    _missing("postcode"),
    (
        Level("same", "postcode_l = postcode_r", 0.70, 0.002, "postcode"),
        Level("slip", "damerau_levenshtein(postcode_l, postcode_r) <= 1", 0.10, 0.01),
        Level("area", "postcode_l[1:3] = postcode_r[1:3]", 0.05, 0.03),
        Level("different", "", 0.15, 0.96),
    ),
)
_GENDER = Comparison(
    "gender",
    _missing("gender"),
    (Level("same", "gender_l = gender_r", 0.97, 0.5), Level("different", "", 0.03, 0.5)),
)
_CODE = Comparison(
    "code",
    _missing("code"),
    (
        Level("same", "code_l = code_r", 0.80, 0.000002, "code"),
        Level(
            "slip",
            "length(code_l) >= 6 AND damerau_levenshtein(code_l, code_r) <= 1",
            0.10,
            0.00002,
        ),
        Level("different", "", 0.10, 1.0),
    ),
)
_OTHER = Comparison(
    "other",
    _missing("other"),
    (Level("same", "other_l = other_r", 0.55, 0.02, "other"), Level("different", "", 0.45, 0.9)),
)
_REST = (_BIRTH, _PHONE, _EMAIL, _STREET, _PLACE, _PROVINCE, _POSTCODE, _GENDER, _CODE, _OTHER)
_VIETNAMESE = (_NAME, *_REST)
_WESTERN = (_GIVEN, _FAMILY, *_REST)

# How frequent a value is that was seen once: the records at hand are a sample. Column → share, and the number of
# records that this is worth as evidence.
FREQUENCIES = {
    "name": (0.00005, 2_000),
    "words": (0.00005, 2_000),
    "both": (0.0004, 1_000),
    "given": (0.003, 500),
    "family": (0.0008, 500),
    "birth": (0.00006, 4_000),
    "street": (0.0002, 1_000),
    "place": (0.01, 200),
    "province": (0.03, 200),
    "postcode": (0.001, 500),
    "code": (0.000001, 20_000),
    "other": (0.01, 300),
}
# What says that two are one person rather than of one household: the share of its weight that a comparison keeps.
PERSONAL = {"given": 1.0, "name": 1.0, "birth": 1.0, "gender": 1.0, "code": 1.0, "email": 0.6, "phone": 0.35}


def comparisons(style: Style, columns: Sequence[str]) -> list[Comparison]:
    """The comparisons for which there are values. `columns`: those of the records' table that are not empty."""
    needs = {"name": "name", "given": "given", "birth": "year", "phone": "phones", "email": "emails"}
    chosen = _VIETNAMESE if style == "vi" else _WESTERN
    return [c for c in chosen if needs.get(c.name, c.name) in columns]
