from datetime import UTC, datetime, timedelta
from inspect import getmembers, isfunction, signature
from typing import Any

import pytest

from connector.domain import deadlines, reasons
from connector.domain.reasons import Reason, span
from tests.support.words import IN_UTC, in_words, saying, step_of

SPANS = [
    (timedelta(0), "0s"),
    (timedelta(seconds=45), "45s"),
    (timedelta(minutes=90), "1h30m"),
    (timedelta(days=7), "7d"),
    (timedelta(days=1, seconds=1), "1d1s"),
    (timedelta(hours=2, minutes=3, seconds=4), "2h3m"),
    (timedelta(seconds=-90), "-1m30s"),
]


@pytest.mark.parametrize(("length", "text"), SPANS)
def test_durations_are_spelled_as_people_type_them(length: timedelta, text: str) -> None:
    assert span(length) == text


def test_a_reason_reads_as_sentences() -> None:
    assert IN_UTC.whole(saying("a", "it is so")) == "it is so."
    assert IN_UTC.whole(saying("a", "it is so", "Do that")) == "it is so. Do that."


WORDS: dict[str, Any] = {
    "moment": datetime(2026, 11, 22, 6, 0, 59, tzinfo=UTC),
    "names": ["a", "b"],
    "sizes": 3,
    "length": timedelta(hours=2),
    "text": "word",
    "why": saying("why", "so it is", "Do that"),
}
KINDS = {
    "str": "text",
    "str | None": "text",
    "int": "sizes",
    "int | None": "sizes",
    "datetime": "moment",
    "datetime | None": "moment",
    "timedelta": "length",
    "Sequence[str]": "names",
    "Reason": "why",
    "Reason | None": "why",
}


def _made() -> list[tuple[str, Reason]]:
    """Call every function that makes a reason, each parameter filled by its kind."""
    made = []
    for name, function in (*getmembers(reasons, isfunction), *getmembers(deadlines, isfunction)):
        if name == "reason":
            continue
        told = signature(function, eval_str=True)
        if told.return_annotation is not Reason:
            continue
        spelled = [
            str(one.annotation).replace("datetime.", "").replace("connector.domain.reasons.", "")
            for one in told.parameters.values()
        ]
        kinds = [
            getattr(one.annotation, "__name__", text)
            if isinstance(one.annotation, type)
            else text.replace("collections.abc.", "")
            for one, text in zip(told.parameters.values(), spelled, strict=True)
        ]
        made.append((name, function(*(WORDS[KINDS[kind]] for kind in kinds))))
    return made


@pytest.mark.parametrize(("name", "reason"), _made())
def test_every_reason_is_a_sentence_without_its_full_stop(name: str, reason: Reason) -> None:
    assert reason.code
    assert " " not in reason.code
    for text in (in_words(reason), step_of(reason)):
        assert not text.endswith((".", " "))
        assert "None" not in text
    assert in_words(reason)
    assert not step_of(reason) or step_of(reason)[0] == "`" or step_of(reason)[0].isupper()


def test_what_is_not_known_is_said_in_words() -> None:
    at = WORDS["moment"]
    assert "for no time and now for Sun 22 Nov 06:00 UTC" in in_words(reasons.unclear(None, at))
    assert "and now for no time" in in_words(reasons.unclear(at, None))
    assert "could not be read yet" in in_words(reasons.stale("s", None))
    assert in_words(deadlines.missed(at, None)).endswith("and was not")
    assert reasons.unmapped(()).code == "unmapped"
    assert "Did you mean" not in step_of(reasons.no_such("segment", "x", ()))
    assert step_of(reasons.several_such("redeemable", "x", ["u"])).endswith("{uuid: …}`")
