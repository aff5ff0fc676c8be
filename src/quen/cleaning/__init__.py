"""Pure normalisers: phones, e-mails, names, ids, money, dates. No I/O, no settings: callers pass the region and zone.

Each returns None for what it cannot read: a guess would join two people or invent an amount.
"""

from quen.cleaning.emails import clean_email
from quen.cleaning.identifiers import clean_id
from quen.cleaning.money import Money, parse_money
from quen.cleaning.phones import clean_phone
from quen.cleaning.text import fold, tidy
from quen.cleaning.times import parse_when

__all__ = ["Money", "clean_email", "clean_id", "clean_phone", "fold", "parse_money", "parse_when", "tidy"]
