"""What is known of mail domains: throw-away ones, and the large ones that people misspell."""

from __future__ import annotations

from itertools import product

from disposable_email_domains import blocklist

# Each listed domain stands for its subdomains too: the services hand out new ones every day.
_ALSO_DISPOSABLE = """
burnermail.io disposablemail.com mail-temp.com minutemail.com owlymail.com sneakemail.com spamgourmet.com temp-mail.io
tempmail.dev tempmail.net
"""
_DISPOSABLE_DOMAINS = frozenset(blocklist) | frozenset(_ALSO_DISPOSABLE.split())
# The domains that people mean, with the slips of the name that nobody has a mailbox at. A slip that may be a name of
# its own (`tmail`, `jmail`, `gmx`, `mail`) is not here.
_SLIPS = {
    "gmail.com": """gmial gamil gmal gmil gmai gmaill gmaiil gmaul gimail gmsil gnail gmqil ggmail gmali gmall gmeil
        gmaol gmakl gmaik gmailc gmailcom gmaail gmmail gamail gmaile gmaip gmajl gmwil""",
    "yahoo.com": "yaho yahooo yhaoo yhoo yaoo yahho yahhoo yaohoo yahoocom yahou yahop yahoi yshoo ayhoo",
    "hotmail.com": "hotmial hotmal hotmai hotmil hotmaill hotamil hotnail homail hotmali htomail hotmaul hotmailcom",
    "outlook.com": "outlok outloo outlookk outllok oulook outook outlool outlookcom outlock",
    "icloud.com": "iclud icoud icluod iclould iclou icloudd icloudcom iclound",
}
# No such last labels exist.
_NO_ENDING = "con cmo ocm comm coom vom xom cim cpm comn copm conm xcom c0m"
_MISSPELT = (*_SLIPS, "yahoo.com.vn", "googlemail.com", "protonmail.com")
# Real domains one letter away from one of those.
_REAL = frozenset({"mail.com", "email.com", "ymail.com", "fmail.com", "hmail.com", "gmx.com", "yahoo.co", "hotmail.co"})
_LAST_LABELS = dict.fromkeys(("om", "cm"), "com")


def _corrections() -> dict[str, str]:
    table = {}
    for known in _MISSPELT:
        name, _, ending = known.partition(".")
        slips = _SLIPS.get(f"{name}.com", "").split()
        wrong = [ending.replace("com", last) for last in _NO_ENDING.split()]
        for slip, last in product((name, *slips), (ending, *wrong)):
            table[f"{slip}.{last}"] = known
        for written in (f"{name}{ending}", f"{name},{ending}", f"{name}..{ending}", f"{name}.{ending}.com"):
            table[written] = known
    return {written: known for written, known in table.items() if written not in _MISSPELT and written not in _REAL}


_CORRECTIONS = _corrections()


def corrected_domain(domain: str) -> str:
    """The domain (lower case), a slip that can be nothing else put right: `gmail.con`, `gmial.com`, `gmail,com`."""
    return _CORRECTIONS.get(domain, domain)


def is_disposable(domain: str) -> bool:
    """Whether the domain (lower case) or one that it belongs to gives throw-away addresses."""
    while domain not in _DISPOSABLE_DOMAINS:
        _, _, domain = domain.partition(".")
        if "." not in domain:
            return False
    return True


def meant_domain(domain: str) -> str | None:
    """The large domain of which this one (lower case) is one slip away (`tmail.com`, `gmail.cm`); None: of none.

    It may be right as it is: what nobody can have a mailbox at, `corrected_domain` corrects.
    """
    if domain in _REAL or domain in _MISSPELT:
        return None
    name, _, last = domain.rpartition(".")
    tried = f"{name}.{_LAST_LABELS.get(last, last)}"
    return next((known for known in _MISSPELT if tried == known or _one_slip(tried, known)), None)


def _one_slip(written: str, known: str) -> bool:
    """One letter more, less, other, or two neighbours exchanged."""
    if abs(len(written) - len(known)) > 1:
        return False
    at = next(
        (i for i, (a, b) in enumerate(zip(written, known, strict=False)) if a != b), min(len(written), len(known))
    )
    if len(written) != len(known):
        longer, shorter = (written, known) if len(written) > len(known) else (known, written)
        return longer[at + 1 :] == shorter[at:]
    if written[at + 1 :] == known[at + 1 :]:
        return True
    return written[at : at + 2] == known[at : at + 2][::-1] and written[at + 2 :] == known[at + 2 :]
