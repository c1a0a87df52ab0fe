"""When a channel that fails rests, and when that wants a person; what a message looks like."""

import json
from dataclasses import replace
from datetime import timedelta

from connector.alerts.webhook import filled
from connector.domain.attention import Severity, Whom
from connector.domain.attentions import attentions
from connector.domain.channels import after_failing, after_sending, rests, silent
from connector.domain.message import MOST, PASTE, Message, News, Notice
from connector.domain.policy import Schedule
from connector.domain.reasons import reason
from connector.domain.standing import ChannelNote, Standing
from tests.support.planning import NOW
from tests.support.words import in_words, step_of

FRIES = Notice(
    News.BEGAN, Severity.CRITICAL, "unknown", "d1", "Friday Fries", "nobody knows. Look.", NOW
)


def test_a_channel_that_fails_rests_for_longer_each_time() -> None:
    note, rested, now = ChannelNote("slack"), [], NOW
    for _ in range(7):
        note = after_failing(note, reason("late/answer"), now)
        assert note.retry_at
        rested.append((note.retry_at - now) // timedelta(minutes=1))
        assert rests(note, now)
        assert not rests(note, note.retry_at)
        now = note.retry_at
    assert rested == [1, 2, 4, 8, 15, 15, 15]
    assert (note.failures, note.since) == (7, NOW)
    assert after_sending(note, now) == ChannelNote("slack", sent_at=now)
    assert not rests(ChannelNote("slack"), NOW)


WHY = reason("answer/status", status=404)


def test_one_failure_is_a_hiccup_and_two_want_an_operator() -> None:
    once = after_failing(ChannelNote("slack"), WHY, NOW)
    assert silent(once) is None
    twice = after_failing(once, WHY, NOW)
    (found,) = attentions(Standing(channels={"slack": twice}), Schedule(), NOW)
    assert (found.severity, found.whom) == (Severity.CRITICAL, Whom.OPERATORS)
    assert (found.subject, found.about) == ("channel:slack", "slack")
    assert "answered with status 404" in in_words(found.reason)
    assert "connector alert test --channel slack" in step_of(found.reason)


def test_one_notice_is_named_in_the_title() -> None:
    message = Message((FRIES,))
    assert message.title == "connector: critical: Friday Fries (unknown)"
    assert message.text.splitlines() == [
        message.title,
        "",
        "CRITICAL: Friday Fries [d1, unknown]",
        "nobody knows. Look.",
    ]


def test_several_are_counted_by_what_they_are() -> None:
    warning = replace(FRIES, severity=Severity.WARNING, news=News.STANDS)
    over = replace(FRIES, news=News.OVER)
    message = Message((FRIES, warning, warning, over))
    assert message.title == "connector: 1 critical, 2 warnings, 1 over"
    assert "WARNING (still): Friday Fries" in message.text
    assert "OVER: Friday Fries [d1, unknown]\nit was: nobody knows. Look." in message.text
    assert (message.label, Message((over,)).label) == ("critical", "over")
    assert Message((warning, over)).label == "warning"


def test_a_flood_is_cut_and_says_so() -> None:
    message = Message((FRIES,) * (MOST + 5))
    assert message.text.count("Friday Fries") == MOST
    assert message.text.endswith("and 5 more: `connector status` shows all")


def test_a_name_from_outside_stays_on_its_line() -> None:
    bad = replace(FRIES, about="Fries\nBcc: all\r\x1b[31m", told="so\n\nit is")
    message = Message((bad,))
    assert message.title == "connector: critical: Fries Bcc: all \ufffd[31m (unknown)"
    assert message.text.splitlines()[3] == "so it is"


RULES = 'version: 1\nrules:\n  - name: a\n    match: {send: "<!channel>"}\n    redeemable: X'


def test_ready_rules_stand_once_at_the_end_line_by_line_and_call_nobody() -> None:
    message = Message((FRIES,), RULES)
    assert message.text == f"{Message((FRIES,)).text}\n\n{PASTE}:\n```\n{RULES}\n```"
    told = json.loads(filled('{"text": {slack}}', message))["text"]
    assert told.splitlines()[-4:-2] == ["  - name: a", '    match: {send: "&lt;!channel&gt;"}']
