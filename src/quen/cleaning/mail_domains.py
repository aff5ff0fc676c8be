"""What is known of mail domains: throw-away ones, and the large ones that people misspell. As of November 2026."""

from __future__ import annotations

# Each stands for its subdomains too: the services hand out new ones every day.
_DISPOSABLE = """
0-mail.com 10mail.org 10minutemail.com 10minutemail.net 1secmail.com 1secmail.net 1secmail.org 20minutemail.com
burnermail.io byom.de crazymailing.com deadaddress.com discard.email
discardmail.com disposablemail.com dispostable.com dropmail.me emailfake.com emailondeck.com emltmp.com
fakeinbox.com fakemail.net fakemailgenerator.com filzmail.com generator.email getairmail.com getnada.com
grr.la guerrillamail.biz guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net
guerrillamail.org guerrillamailblock.com harakirimail.com incognitomail.org inboxbear.com inboxkitten.com
jetable.org kzccv.com mail-temp.com mailcatch.com maildrop.cc mailexpire.com mailforspam.com mailinator.com
mailinator.net mailinator2.com mailmoat.com mailnesia.com mailnull.com mailpoof.com mailsac.com mailtemp.info
meltmail.com minutemail.com mintemail.com moakt.com moakt.cc mohmal.com mytemp.email mytrashmail.com
nada.email nowmymail.com onewaymail.com owlymail.com pokemail.net reallymymail.com sharklasers.com
shortmail.net sneakemail.com spam4.me spambog.com spambox.us spamex.com spamfree24.org spamgourmet.com
spamspot.com temp-mail.io temp-mail.org tempail.com tempinbox.com tempmail.dev tempmail.net tempmail.plus
tempmailo.com tempr.email throwam.com throwawaymail.com tmail.io tmailor.com tmpmail.net tmpmail.org
trash-mail.com trashmail.com trashmail.de trashmail.io trashmail.me trashmail.net trbvm.com wegwerfmail.de
yopmail.com yopmail.fr yopmail.net zetmail.com
"""
_DISPOSABLE_DOMAINS = frozenset(_DISPOSABLE.split())
_MISSPELT = (
    "gmail.com", "yahoo.com", "yahoo.com.vn", "hotmail.com", "outlook.com", "icloud.com", "googlemail.com",
    "protonmail.com",
)  # fmt: skip
# Real domains one letter away from one of those.
_REAL = frozenset({"mail.com", "email.com", "ymail.com", "fmail.com", "hmail.com", "gmx.com", "yahoo.co", "hotmail.co"})
_LAST_LABELS = dict.fromkeys(("con", "cmo", "ocm", "comm", "coom", "vom", "xom", "cim", "cpm", "om", "cm"), "com")


def is_disposable(domain: str) -> bool:
    """Whether the domain (lower case) or one that it belongs to gives throw-away addresses."""
    labels = domain.split(".")
    return any(".".join(labels[at:]) in _DISPOSABLE_DOMAINS for at in range(len(labels) - 1))


def meant_domain(domain: str) -> str | None:
    """The large domain of which this one (lower case) is one slip away (`gmail.con`, `gamil.com`); None: of none."""
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
