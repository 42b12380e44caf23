"""What is shown of an address or a phone until somebody gives a reason to see it; logs see none."""

import re

SHOWN = 1
MASK = "***"
PHONE_SHOWN = 7
GONE = "…"

SCRUBBED = tuple(
    re.compile(pattern)
    for pattern in (
        # What PostgreSQL tells of a row that it refused.
        r"(?P<kept>DETAIL:).*",
        # A query string, up to a space or a closing mark.
        r"""(?<=[^\s?"'])\?(?=[^\s"'])[^\s"'<>]*""",
        # Links that open something for whoever holds them.
        r"""(?P<kept>/(?:password/reset/key|workspace/invitations|confirm-email)/)[^/\s"']+""",
        # Looked for from the beginning of a word only, so that a long word costs its length once.
        r"(?<![\w.+-])[\w.+-]++(?:@|%40)[\w-]+(?:\.[\w-]+)+",
        # Mobile and fixed telephones, identity numbers, six-digit codes.
        r"(?<![\w.-])(?:\+?86[- ]?)?1[3-9]\d{9}(?!\w)",
        r"(?<![\w.-])0\d{2,3}-?\d{7,8}(?!\w)",
        r"(?<!\w)\d{17}[\dXx](?!\w)",
        # Tokens, keys and session ids: long, and of all three classes or after a known word.
        r"\bhy[ct]_[\w-]+",
        r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[A-Za-z0-9_-]{24,}(?![\w-])",
        r"""(?i)(?P<kept>(?:password|sessionid|csrftoken|secret)\d?["']?[=:]\s*["']?)[^\s,;"']+""",
        # Names and whatever else people write here: our own words are English.
        r"(?:[\u3400-\u9fff\uf900-\ufaff·]|%(?:[EF][0-9A-F])(?:%[89AB][0-9A-F]){2})+",
    )
)
"""What a line of the log never holds, in the order in which it is taken out."""


def mask_email(email: str) -> str:
    """Return the first letter and the domain.

    >>> mask_email("owner@demo.example")
    'o***@demo.example'
    >>> mask_email("nonsense")
    '***'
    """
    name, at, domain = email.rpartition("@")
    return f"{name[:SHOWN]}{MASK}@{domain}" if at and name else MASK


def mask_name(name: str) -> str:
    """Return the first character only; “” of none.

    >>> mask_name("李青"), mask_name("")
    ('李***', '')
    """
    return f"{name[:SHOWN]}{MASK}" if name else ""


def mask_phone(phone: str) -> str:
    """Return the first three and the last two digits; of a short number the last two; “” of none.

    >>> mask_phone("13900001234"), mask_phone("0971-2431234"), mask_phone("12345"), mask_phone("")
    ('139******34', '097******34', '***45', '')
    """
    digits = "".join(character for character in phone if character.isdecimal())
    if not digits:
        return ""
    if len(digits) < PHONE_SHOWN:
        return MASK + digits[-2:]
    return digits[:3] + "*" * (len(digits) - 5) + digits[-2:]


def scrub(text: str) -> str:
    """Return ``text`` without addresses, telephones, tokens, links, query strings and names.

    >>> scrub("Not Found: /workspace/people/?q=owner@demo.example")
    'Not Found: /workspace/people/…'
    >>> scrub("Forbidden: /accounts/password/reset/key/3-cxyz12-0f1e/")
    'Forbidden: /accounts/password/reset/key/…/'
    >>> scrub("job 17 failed for 张三 (13900001234)")
    'job 17 failed for … (…)'
    """
    for pattern in SCRUBBED:
        kept = r"\g<kept>" if "kept" in pattern.groupindex else ""
        text = pattern.sub(kept + GONE, text)
    return text
