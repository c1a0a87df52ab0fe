"""The one border for text from outside: what is unfit is taken out, and all else stays."""

import json
import unicodedata
from random import Random
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.text import (
    clean,
    is_odd,
    one_line,
    printable,
    printable_json,
    without_calls,
)
from connector.http.reply import Reply, strict_json
from connector.http.wire import Line
from connector.mapping.suggest import quoted
from connector.settings import SalesforceSettings
from connector.sources.salesforce.session import Org
from tests.support.clocks import FixedClock
from tests.support.orgs import DATA, FakeOrg, mail
from tests.support.planning import NOW

MANY = st.text(st.characters(exclude_categories=[]), max_size=12)
ORDINARY = (
    "Crème brûlée 2 for 1 @ Joe's",
    "👩\u200d🍳 Chef's 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f pick ❤\ufe0f",
    "עברית \u200fABC\u200e العربية",
    "ไทย 日本語\u3000全角",
    "soft\u00adhyphen \u200b\ufeff\u2060",
)


def unfit(char: str) -> bool:
    """Say by Unicode's own tables whether a character controls what shows it, or is none."""
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(
        char
    ) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


@pytest.mark.parametrize("text", ORDINARY)
def test_what_people_write_stays(text: str) -> None:
    assert clean(text) == printable(text) == printable_json(text) == text
    assert not is_odd(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Friday \ud83c", "Friday \ufffd"),
        ("NUL\0 bell\a esc\x1b[31m", "NUL\ufffd bell\ufffd esc\ufffd[31m"),
        ("del\x7f csi\x9b31m", "del\ufffd csi\ufffd31m"),
        ("\u202egnp.exe\u202c \u2066x\u2069", "\ufffdgnp.exe\ufffd \ufffdx\ufffd"),
        (" two\r\nlines\tand\x0bmore\u2028of\x85them ", "two lines and more of them"),
    ],
)
def test_what_isunfit_is_seen_to_have_been_there(text: str, line: str) -> None:
    assert one_line(text) == line


@given(MANY)
def test_nothingunfit_is_left(text: str) -> None:
    cleaned = clean(text)
    assert not any(map(unfit, cleaned))
    assert len(cleaned) == len(text)
    assert clean(cleaned) == cleaned
    cleaned.encode()
    assert not [char for char in printable(text) if char != "\n" and unfit(char)]


@given(MANY)
def test_json_for_a_terminal_says_the_same(text: str) -> None:
    shown = printable_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(shown) == [text]
    assert not any(map(unfit, shown))


JSON = st.recursive(
    st.none() | st.integers() | MANY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MANY, inner, max_size=3),
    max_leaves=6,
)


@given(JSON, st.booleans())
def test_every_text_of_a_remotes_json_is_clean(value: Any, escaped: bool) -> None:
    if not escaped:
        value = json.loads(json.dumps(value).replace("\\ud", "d"))  # UTF-8 holds no half pair
    body = json.dumps(value, ensure_ascii=escaped).encode()
    try:
        found = strict_json(body)
    except ValueError:
        assert _merged(value)
        return
    assert found == _cleaned(value)


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case list():
            return [_cleaned(item) for item in value]
        case dict():
            return {clean(key): _cleaned(item) for key, item in value.items()}
    return value


def _merged(value: Any) -> bool:
    """Say whether two keys of a group become one: what stands under it is in doubt."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    keys = {clean(key) for key in value} if isinstance(value, dict) else ()
    return (isinstance(value, dict) and len(keys) < len(value)) or any(map(_merged, inner))


def test_a_request_id_is_kept_clean_and_short() -> None:
    odd = Reply(200, {"X-Request-Id": "r\x9b31m" + "9" * 999}, b"")
    assert odd.request_id == "r\ufffd31m" + "9" * 195
    assert Reply(200, {}, b"").request_id is None


@pytest.mark.parametrize("content_type", ["application/json", "application/json;charset=latin-1"])
def test_what_the_salesforce_library_reads_is_clean_too(content_type: str) -> None:
    kind = {"kind": "salesforce", "domain": "brand.my", "consumer_key": "k", "consumer_secret": "s"}
    rows = [mail(Name="Half \ud83c \x9b"), mail(Name="🍟 é")]
    body = json.dumps({"totalSize": 2, "done": True, "records": rows}, ensure_ascii=False)
    with responses.RequestsMock() as net:
        FakeOrg(net)
        net.remove("GET", DATA)
        escaped = body.replace("\ud83c", "\\ud83c")
        net.get(DATA, escaped.encode(), content_type=content_type)
        org = Org(Line("sf", FixedClock(NOW), Random(1)), SalesforceSettings(**kind))
        found = org.rows("SELECT Id FROM ListEmail")
    assert [row["Name"] for row in found] == ["Half \ufffd \ufffd", "🍟 é"]


@pytest.mark.parametrize(
    ("text", "calls_nobody"),
    [
        ("@everyone and x@here", "@\u200beveryone and x@\u200bhere"),
        ("<!channel> <@U12> <#C1>", "<\u200b!channel> <\u200b@\u200bU12> <\u200b#C1>"),
        ("<@&9>", "<\u200b@&9>"),
        ("<at>Ada</at>", "<\u200bat>Ada<\u200b/at>"),
        ("ada@brand.com, 2 < 3 @ Joe's", "ada@brand.com, 2 < 3 @ Joe's"),
    ],
)  # fmt: skip
def test_no_text_calls_people_in_a_chat(text: str, calls_nobody: str) -> None:
    assert without_calls(text) == calls_nobody


def test_a_rule_to_paste_calls_nobody_and_still_means_the_name() -> None:
    shown = quoted("@here <!channel> ```\n2 for 1 @ Joe's")
    assert without_calls(shown) == shown
    assert "`" not in shown
    assert shown.startswith('"\\x40here \\x3C!channel> \\x60\\x60\\x60')
