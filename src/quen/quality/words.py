"""Fields, and what the cleaners say of their values, in words for people."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, Any] = {
    "email": _("E-mail"),
    "phone": _("Phone"),
    "name": _("Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "birthday": _("Birthday"),
    "gender": _("Gender"),
    "address": _("Address"),
    "city": _("City"),
    "province": _("Province"),
    "website": _("Website"),
    "avatar": _("Picture"),
    "amount": _("Amounts"),
    "reserved": _("Names of Quen's own"),
}
OUTCOMES: dict[str, Any] = {"done": _("Fixed"), "problem": _("Rejected"), "hint": _("To look at")}

_DONE: dict[str, Any] = {
    "plain_letters": _("Full-width letters made plain"),
    "tidied": _("Spaces and invisible characters taken out"),
    "formatted": _("Written in one form"),
    "country_code": _("Country code put before it"),
    "moved_2018": _("Old 11-digit mobile number moved to its 10 digits of 2018"),
    "moved_2017": _("Old landline area code moved to that of 2017"),
    "float_repaired": _("Spreadsheet damage repaired"),
    "letter_o": _("Letter O made a zero"),
    "extension_dropped": _("Extension taken off"),
    "first_of_several": _("First of several numbers taken"),
    "unwrapped": _("Name or signs around the address taken off"),
    "domain_lowered": _("Domain in small letters"),
    "domain_corrected": _("Slip in the mail domain put right"),
    "email_dropped": _("E-mail address taken out of the name"),
    "phone_dropped": _("Number taken out of the name"),
    "symbols_dropped": _("Symbols taken out of the name"),
    "note_dropped": _("Note in brackets taken off"),
    "honorific_dropped": _("Form of address (Mr, Ms, Anh, Chị) taken off"),
    "reordered": _("Family and given name put in order"),
    "case": _("Capital letters put right"),
    "crossed_d": _("Look-alike letters made Đ"),
    "tone_place": _("Tone mark put in its usual place"),
    "read": _("Read and written as year-month-day"),
    "serial": _("Spreadsheet's day number read"),
    "time_dropped": _("Time of day left out"),
    "century": _("Taken for the century before"),
    "word": _("Word put into its usual form"),
    "parted": _("Parts set apart by commas"),
    "country_dropped": _("Country left out"),
    "postal_code_dropped": _("Postal code left out"),
    "province_spelling": _("Province in its usual spelling"),
    "spelling": _("Usual spelling"),
    "scheme_added": _("https:// put before it"),
    "sign_in_dropped": _("User name and password taken out"),
    "ampersands": _("&amp; made &"),
    "question_marks": _("Second question mark put right"),
    "number": _("Text made a number"),
    "unit": _("k, tr, triệu, tỷ worked out"),
    "sign": _("Brackets read as a minus"),
    "currency_written": _("Currency sign taken off"),
    "rounded": _("Rounded"),
}
_PROBLEM: dict[str, Any] = {
    "not_text": _("Neither text nor a number"),
    "too_long": _("Too long"),
    "digits_lost": _("Digits lost in a spreadsheet"),
    "no_digits": _("No digits in it"),
    "too_short": _("Too few digits"),
    "service_number": _("Number of a service, not of a person"),
    "impossible": _("No such number can exist"),
    "no_at": _("No @ in it"),
    "several": _("Several addresses"),
    "not_an_address": _("Not an e-mail address"),
    "an_email": _("An e-mail address, not a name"),
    "a_phone": _("A telephone number, not a name"),
    "not_a_name": _("A web address, not a name"),
    "no_letters": _("No letters in it"),
    "placeholder": _("Placeholder, nobody's own"),
    "partial": _("Not a whole date"),
    "no_such_day": _("No such day"),
    "unreadable": _("Cannot be read as a date"),
    "in_future": _("In the future"),
    "too_long_ago": _("Over 130 years ago"),
    "ambiguous": _("Can mean either"),
    "unknown_word": _("Unknown word"),
    "unknown": _("No province of this name"),
    "unknown_country": _("Country without a list of provinces"),
    "not_a_url": _("Not a web address"),
    "other_scheme": _("Not http or https"),
    "not_an_amount": _("Not an amount"),
    "too_large": _("Too large"),
    "own_name": _("Quen's own name; the trait was not taken"),
}
_HINT: dict[str, Any] = {
    "disposable": _("Throw-away address"),
    "role": _("Address of an office, not of a person"),
    "typo": _("Mail domain looks misspelt"),
    "placeholder": _("Placeholder, nobody's own"),
    "old_landline": _("Written like a landline of before 2017"),
    "honorific_or_name": _("Form of address, or part of the name"),
    "digits": _("Digits in a name"),
    "several": _("More than one name"),
    "organisation": _("Looks like a company"),
    "two_digit_year": _("Year of two digits"),
    "before_2025": _("Division of before July 2025"),
    "merged_2025": _("Province merged in July 2025"),
    "no_province": _("No province found"),
    "ward_or_district": _("Can be a ward or a district"),
    "ward_split": _("Ward split in July 2025"),
    "unknown_ward": _("No ward of this name"),
    "mixed_divisions": _("Old and new divisions mixed"),
    "personal_data": _("Personal data in a web address"),
    "utm_twice": _("Campaign mark given twice"),
    "other_currency": _("Another currency than the source's"),
}
WORDS: dict[str, dict[str, Any]] = {"done": _DONE, "problem": _PROBLEM, "hint": _HINT}


def say(outcome: str, word: str) -> str:
    """A word in the viewer's language; one that nobody has put into words yet, as it is."""
    return str(WORDS.get(outcome, {}).get(word, word.replace("_", " ")))


def field_name(field: str) -> str:
    return str(FIELDS.get(field, field))
