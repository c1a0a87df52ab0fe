"""What a channel's answer says: a status of 2xx alone is no yes."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connector.alerts import open_channel
from connector.alerts.heartbeat import open_heartbeat
from connector.alerts.verdict import LONGEST_WORD, refusal
from connector.clock import SystemClock
from connector.domain.attention import Severity
from connector.domain.message import Message, News, Notice
from connector.errors import RemoteError
from connector.settings import HeartbeatSettings, WebhookSettings
from tests.support.ledger import NOW
from tests.support.rawserver import RawServer, answer, read
from tests.support.wires import told_of
from tests.support.words import in_words

PATH = "/services/canary_path"
MESSAGE = Message((Notice(News.BEGAN, Severity.CRITICAL, "unknown", "d1", "Fries", "so.", NOW),))
TEAMS = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error"

YES: tuple[bytes, ...] = (
    b"",
    b"ok",  # Slack
    b"OK",
    b"1",  # Teams
    b'"1"',
    b"null",
    b"[]",
    b"{}",
    b'{"ok": true}',
    b'{"ok": true, "error": "a_stale_one"}',
    b'{"ok": true, "warning": "missing_charset"}',
    b'{"success": true}',
    b'{"status": "success", "message": "Event processed", "dedup_key": "x"}',
    b'{"result": "Request will be processed", "took": 0.1}',
    b'{"errcode": 0, "errmsg": "ok"}',
    b'{"error": null, "errors": []}',
    b'{"id": "1", "type": 0, "content": "it failed"}',
    b'{"code": 1, "msg": "success"}',
    b"Got it, thanks!",
    b"no errors",
    b"\xff\xfe",
)
NO: tuple[tuple[bytes, str], ...] = (
    (b'{"ok": false, "error": "channel_not_found"}', "channel_not_found"),
    (b'{"ok": false}', "it failed"),
    (b'{"ok": false, "error": "No. \\u001b[31m"}', "it failed"),
    (b'{"ok": false, "error": "canary_path"}', "it failed"),
    (json.dumps({"ok": False, "error": "a_" * LONGEST_WORD}).encode(), "it failed"),
    (b'{"ok": true, "success": false}', "it failed"),
    (b'{"success": false, "error": "not_allowed"}', "not_allowed"),
    (b'{"status": "error", "message": "no"}', "it failed"),
    (b'{"result": "FAILURE"}', "it failed"),
    (b'{"errcode": 310000, "errmsg": "keywords not in content"}', "it failed"),
    (b'{"data": null, "errors": [{"message": "no"}]}', "it failed"),
    (b'{"error": {"code": "TooManyRequests"}}', "it failed"),
    (f"{TEAMS} 413 with ContextId tcid=1,server=X..".encode(), "delivery failed (413)"),
    (b"Webhook message delivery failed with error: Error contacting it", "delivery failed"),
    (b"OK (not found)", "nothing is known by this address"),
    (b"OK (rate limited)\n", "it was called too often"),
    (b"Error: no", "it failed"),
    (b"\n <!DOCTYPE html><html><body>Sign in</body></html>", "it is a web page"),
    (b"<HTML>ok</HTML>", "it is a web page"),
)


def _sent(body: bytes, status: str = "200 OK") -> str:
    with RawServer([read, answer(body, status)]) as server:
        settings = WebhookSettings(kind="webhook", url=SecretStr(server.url + PATH))
        channel = open_channel("slack", settings, clock=SystemClock(), random=Random(1))
        try:
            return channel.send(MESSAGE)
        finally:
            assert len(server.requests) == 1
            channel.close()


def _beaten(body: bytes) -> None:
    with RawServer([read, answer(body)]) as server:
        settings = HeartbeatSettings(url=SecretStr(server.url + PATH))
        heartbeat = open_heartbeat(settings, clock=SystemClock(), random=Random(1))
        assert heartbeat
        try:
            heartbeat.beat(good=True)
        finally:
            heartbeat.close()


@pytest.mark.parametrize("body", YES)
def test_a_message_that_was_taken(body: bytes) -> None:
    assert _sent(body) == ""
    _beaten(body)


@pytest.mark.parametrize(("body", "why"), NO)
def test_a_message_that_was_not_taken_whatever_the_status(body: bytes, why: str) -> None:
    for call in (lambda: _sent(body), lambda: _sent(body, "202 Accepted"), lambda: _beaten(body)):
        with pytest.raises(RemoteError) as error:
            call()
        assert error.value.reason.code == "not-accepted"
        assert in_words(error.value.reason).endswith(f"the text says no: {why}")
        assert PATH not in told_of(error.value)
        assert "\x1b" not in str(error.value)


jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["ok", "success", "error", "status"]) | st.text(), inner)
    ),
    max_leaves=6,
)


@given(st.binary(max_size=60) | jsons.map(lambda value: json.dumps(value).encode()))
def test_any_text_is_judged_in_a_few_printable_words(body: bytes) -> None:
    why: Any = refusal(body)
    assert why is None or (why.isprintable() and 0 < len(why) <= LONGEST_WORD)
