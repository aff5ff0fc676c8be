"""Pure normalisers, a file a kind: no I/O, no settings, callers pass the region and zone.

`clean_…` and `parse_…` are quick and return None for what they cannot read: a guess would join two people or invent an
amount. `cleaned_…` return a `Cleaned`: as given, clean, key, and what was done or why it failed.
"""

from quen.cleaning.addresses import cleaned_address
from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale
from quen.cleaning.dates import cleaned_birth, cleaned_date
from quen.cleaning.emails import clean_email, cleaned_email
from quen.cleaning.genders import cleaned_gender
from quen.cleaning.identifiers import clean_id
from quen.cleaning.money import Money, cleaned_money, parse_money
from quen.cleaning.names import cleaned_name
from quen.cleaning.phones import clean_phone, cleaned_phone
from quen.cleaning.provinces import cleaned_province
from quen.cleaning.text import fold, tidy
from quen.cleaning.times import parse_when
from quen.cleaning.urls import cleaned_url
from quen.cleaning.wards import Wards, read_wards

__all__ = [
    "VIETNAM",
    "Cleaned",
    "Locale",
    "Money",
    "Wards",
    "clean_email",
    "clean_id",
    "clean_phone",
    "cleaned_address",
    "cleaned_birth",
    "cleaned_date",
    "cleaned_email",
    "cleaned_gender",
    "cleaned_money",
    "cleaned_name",
    "cleaned_phone",
    "cleaned_province",
    "cleaned_url",
    "fold",
    "parse_money",
    "parse_when",
    "read_wards",
    "tidy",
]
