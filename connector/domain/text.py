"""Text from outside: what can neither be stored, printed nor posted is taken out of it here.

That is half a surrogate pair, NUL and the other control characters, and the marks that reorder
the text around them. Each becomes U+FFFD, so that people still see that something was there; a
tab or a line break becomes a space. Everything else stays: joiners within emoji, the marks U+200E
and U+200F of Arabic and Hebrew, and all that people type.
"""

import re

REPLACED = "\N{REPLACEMENT CHARACTER}"
UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAK = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]")
_OTHER_BREAK = re.compile("[\t\x0b\x0c\r\x85\u2028\u2029]")  # than a line feed
_ANY = re.compile(f"{UNFIT.pattern}|{_BREAK.pattern}")
# How chats are told to call people: `@name`, Discord's anywhere; `<!channel>`; `<at>` in a card.
CALL = re.compile(
    r"@(?=(?:everyone|here|channel)\b)|(?<![\w.])@(?=\w)|<(?=[@!#&]|/?at\b)", re.IGNORECASE
)
_SHOWS_NOTHING = "\N{ZERO WIDTH SPACE}"


def clean(text: str) -> str:
    """Return a text on one line, fit to be stored, printed and posted."""
    if _ANY.search(text) is None:
        return text
    return _BREAK.sub(" ", UNFIT.sub(REPLACED, text))


def one_line(text: str) -> str:
    """Return a clean text with single spaces."""
    return " ".join(clean(text).split())


def printable(text: str) -> str:
    """Return a text that cannot steer a terminal; its line feeds stay."""
    if _ANY.search(text) is None:
        return text
    return _OTHER_BREAK.sub(" ", UNFIT.sub(REPLACED, text))


def printable_json(text: str) -> str:
    """Return what a JSON encoder wrote, with the same meaning, unable to steer a terminal."""
    if _ANY.search(text) is None:
        return text
    for pattern in (UNFIT, _OTHER_BREAK):
        text = pattern.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text


def is_odd(text: str) -> bool:
    """Say whether a text lost a character, here or before it came here."""
    return REPLACED in text


def without_calls(text: str) -> str:
    """Return a text that calls nobody in a chat: a send's name may not wake a whole channel."""
    return CALL.sub(lambda found: found[0] + _SHOWS_NOTHING, text)
