"""What a hostile or merely unlucky person types: our own list, by what each is meant to break."""

from urllib.parse import quote, quote_from_bytes

HAN = "湟源县数字乡村服务商"

TEXTS: dict[str, str] = {
    # Characters that a database, a parser or a screen stumbles over.
    "nul": "a\x00b",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f\x85",
    "newlines": "a\r\nSet-Cookie: x=1\r\n\r\nb",
    "line separators": "a\u2028b\u2029c",
    "only blanks": " \t\u3000\u00a0\u200b ",
    "right to left": "\u202etxt.exe\u202c שלום مرحبا \u2066a\u2069",
    "zero widths": "a\u200b\u200c\u200d\u2060\ufeffb",
    "tag characters": "ok" + "".join(chr(0xE0000 + ord(c)) for c in "hidden"),
    "noncharacters": "\ufffe\uffff\U0001fffe\U0010ffff",
    "private use": "\ue000\uf8ff\U000f0000",
    "replacement": "\ufffd" * 3,
    "combining": "Z" + "\u0335\u0489" * 200,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈🇨🇳👍🏿",
    "rare han": "𠮷𡃁㐂\U0003134a䶮",
    "long han": HAN * 3000,
    "long word": "a" * 70_000,
    "case that grows": "ıİßŉǰΐﬃ" * 20,
    "fullwidth": "ＡＤＭＩＮ１２３＜ｓｃｒｉｐｔ＞",
    "digits of others": "١٢٣४५६²³½",
    # Quotes and fragments of languages.
    "single quote": "'",
    "double quote": '"',
    "quotes": "'\"`´’”‘“«»「」",
    "backslashes": "\\' \\\" \\\\ \\x00 \\u0000",
    "sql end": "'; DROP TABLE portal_user; --",
    "sql or": "' OR '1'='1' --",
    "sql comment": "1/**/UNION/**/SELECT/**/NULL--",
    "sql wildcards": "%_%%__[a-z]*?",
    "full text": 'NEAR("a" *) AND NOT OR ^ {a b}: -c',
    "ts query": "a & | ! <-> ( :* )",
    "percent format": "%s%d%n%(name)s%%",
    "braces format": "{0.__class__}{}{name!r}",
    "template": "{{ settings.SECRET_KEY }}{% load x %}{# #}",
    "jinja": "{{ ''.__class__.__mro__[1] }}",
    "script": "</script><script>alert(1)</script>",
    "markup": "<img src=x onerror=alert(1)>&lt;&#0;&nbsp",
    "javascript address": "javascript:alert(1)//",
    "xml": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>',
    "json": '{"__proto__": {"a": [1, null, {"b": "\\ud800"}]}}',
    "deep json": "[" * 3000,
    "shell": "$(sleep 9); `id` | cat ../../etc/passwd &",
    "ldap": "*)(uid=*))(|(uid=*",
    "traversal": "../../../../etc/passwd\x00.png",
    "windows path": "C:\\..\\..\\CON.txt",
    "address": "http://[::1%25lo]:99999/%zz?#%",
    "broken percent": "%E0%A4%A%ZZ%",
    # Cells that a spreadsheet would run.
    "formula": '=HYPERLINK("http://example.invalid","x")',
    "formula plus": "+1+cmd|' /C calc'!A0",
    "formula minus": "-2+3+cmd|' /C calc'!A0",
    "formula at": "@SUM(1+9)*cmd|' /C calc'!A0",
    "formula tab": "\t=1+1",
    # Numbers.
    "zero": "0",
    "minus one": "-1",
    "just over 32 bits": "2147483648",
    "just over 63 bits": "9223372036854775808",
    "just over 64 bits": "18446744073709551616",
    "forty digits": "9" * 40,
    "five thousand digits": "9" * 5000,
    "exponent": "1e400",
    "huge exponent": "1e999999999",
    "small exponent": "1e-400",
    "not a number": "NaN",
    "infinity": "-Infinity",
    "hexadecimal": "0x1F",
    "underscores": "1_000",
    "comma": "1,000.5",
    # Dates and times.
    "year zero": "0000-01-01",
    "year one": "0001-01-01",
    "year 9999": "9999-12-31",
    "year 10000": "10000-01-01",
    "no such day": "2026-02-30",
    "leap day": "2028-02-29",
    "minute that was skipped": "1991-04-14T02:30",
    "last minute": "9999-12-31T23:59:59.999999+14:00",
    "week date": "2026-W53-7",
    # Words that mean something to somebody.
    "null": "null",
    "undefined": "undefined",
    "none": "None",
    "empty": "",
    "dot": ".",
    "dots": "..",
    "reserved": "admin",
    "uuid": "00000000-0000-0000-0000-000000000000",
}

BYTES: dict[str, bytes] = {
    # Not UTF-8: they can only come as raw bytes.
    "lone surrogate": b"a\xed\xa0\x80b",
    "surrogate pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "latin 1": b"caf\xe9",
    "overlong nul": b"a\xc0\x80b",
    "cut character": b"\xe6\xb9",
    "gb 18030": "湟源".encode("gb18030"),
    "utf 16": "湟源".encode("utf-16"),
}

IDS = ("0", "2147483648", "9223372036854775808", "18446744073709551616", "9" * 40, "9" * 5000)


def encoded() -> dict[str, str]:
    """Return every string as it stands in an address or a form's body: percent-encoded."""
    texts = {name: quote(text, safe="") for name, text in TEXTS.items()}
    return texts | {name: quote_from_bytes(text, safe="") for name, text in BYTES.items()}


ENCODED = encoded()
STRINGS = tuple(ENCODED.values())


def chosen(*names: str) -> tuple[str, ...]:
    """Return strings by name, encoded."""
    return tuple(ENCODED[name] for name in names)


# For fields and parameters one by one; what they take together goes through the whole list.
WORST = chosen("nul", "double quote", "just over 63 bits")
# For dates, numbers and addresses, which refuse whatever does not look like one.
TYPED_STRINGS = tuple(
    dict.fromkeys(
        [
            *list(ENCODED.values())[list(TEXTS).index("zero") : list(TEXTS).index("null")],
            *chosen("nul", "lone surrogate", "double quote", "long han", "digits of others"),
        ]
    )
)
