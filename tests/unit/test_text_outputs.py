"""Hostile text where no person types a verb: log lines, letters, chats, metrics, a campaign."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest
import structlog

from connector import telemetry
from connector.alerts.mail import Mail
from connector.alerts.webhook import filled
from connector.domain.attention import Attention, Severity
from connector.domain.message import Message, News, Notice
from connector.domain.plan import Mode
from connector.mapping.suggest import Suggester
from connector.settings import EmailSettings
from connector.telemetry import Event, log
from connector.worker.metrics import Metrics
from connector.worker.view import View
from tests.support.clocks import FixedClock
from tests.support.planning import NOW, book, hours, rule, send
from tests.support.words import saying
from tests.unit.test_text import unfit

STEERING = "\x1b[31m\x9b31m\u202e\u2066\u2028\x7f\0\ud83c"
HOSTILE = f"Hostile {STEERING}@here <!channel> ```\r\nlevel=info forged"


@pytest.fixture(autouse=True)
def _reset() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def _fail() -> None:
    raise ValueError(HOSTILE)


def _fault() -> Exception:
    try:
        _fail()
    except ValueError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize("form", ["json", "lines"])
def test_no_log_line_is_steered_or_forged(form: Literal["json", "lines"]) -> None:
    out = io.StringIO()
    telemetry.configure(out, form=form)
    log.warning(Event.SOURCE_NOTE, source=HOSTILE, note=[HOSTILE], more={"a": HOSTILE})
    first = out.getvalue()
    log.error(Event.CYCLE_FAILED, exc_info=_fault())
    assert not [char for char in out.getvalue() if char != "\n" and unfit(char)]
    assert len(first.splitlines()) == 1
    assert first.count("Hostile") == 3
    assert "ValueError" in out.getvalue()


def _message() -> Message:
    told = Notice(News.BEGAN, Severity.WARNING, "odd-text", "d1", HOSTILE, HOSTILE, NOW)
    rules = Suggester(book(rule(match={"send": "Another"})), None, str)
    bare = replace(send(at=hours(2), audiences=(HOSTILE,)), name=HOSTILE)
    return Message((told,), rules=rules.ready([bare]))


def test_a_letter_is_one_that_a_server_takes() -> None:
    settings = EmailSettings(
        kind="email", host="127.0.0.1", sender="a@brand.example", to=("b@brand.example",)
    )
    letter = Mail("mail", settings, FixedClock(NOW), None)._letter(_message())
    assert letter["Subject"].startswith("connector: warning: Hostile")
    assert not any(map(unfit, letter["Subject"]))
    assert not [char for char in letter.get_content() if char != "\n" and unfit(char)]
    assert letter.as_bytes()


@pytest.mark.parametrize("placeholder", ["text", "slack", "title", "notices"])
def test_no_chat_is_called_or_steered(placeholder: str) -> None:
    body = filled(f'{{"it": {{{placeholder}}}}}', _message())
    text = json.dumps(json.loads(body)["it"], ensure_ascii=False)
    assert "Hostile" in text
    for call in ("@here", "<!channel>", "@everyone"):
        assert call not in text
    if placeholder in ("text", "slack"):
        rules = text.split("```")[-2]
        assert "Hostile" in rules
        assert "`" not in rules
    assert not any(map(unfit, text))


def test_metrics_hold_no_text_from_outside() -> None:
    found = Attention(Severity.WARNING, saying("odd-text", HOSTILE), subject="d1", about=HOSTILE)
    nothing: dict[str, Any] = {
        "counts": {}, "remotes": {}, "pauses": 0, "mappings_at": None, "stale_since": None,
        "next_commit_by": None, "oldest": None,
    }  # fmt: skip
    view = View(at=NOW, mode=Mode(rehearsal=True), attentions=(found,), **nothing)
    page = Metrics(FixedClock(NOW)).page(view).decode()
    assert 'code="odd-text"' in page
    assert "Hostile" not in page
