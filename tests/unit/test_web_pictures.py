"""The pictures' geometry, the file's cells, the steps for people, and colours that can be read."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.attention import Attention, Severity, of_row
from connector.domain.distribution import State
from connector.domain.standing import Row
from connector.render import bars, contract, export, timeline
from connector.render.steps import steps
from connector.render.table import STYLES, TONES
from connector.render.words import plain
from tests.support.ledger import NOW, a_distribution, an_occurrence
from tests.support.words import IN_UTC, saying

ZONE = ZoneInfo("America/New_York")
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
CSS = (Path(__file__).parents[2] / "connector/web/static/app.css").read_text(encoding="utf-8")


def _row(at: datetime, state: State = State.WAITING) -> Row:
    send = an_occurrence(at=at)
    return Row(send, a_distribution(send, state=state))


# --- the timeline


@given(st.lists(st.integers(0, 7 * 24 * 60).map(lambda m: NOW + timedelta(minutes=m)), max_size=9))
def test_later_stands_further_right_and_everything_within(times: list[datetime]) -> None:
    rows = [_row(at) for at in sorted(times)]
    found = timeline.timeline(rows, {}, 2 * HOUR, NOW, NOW + WEEK, ZONE)
    messages = [lane.message for lane in found.lanes]
    assert messages == sorted(messages)
    for lane in found.lanes:
        assert lane.window
        assert found.label <= lane.window[0] <= lane.message <= found.width
        assert lane.start is not None
        assert lane.start <= lane.message
        assert lane.y + timeline.LANE <= found.height


def test_a_rules_own_window_is_drawn() -> None:
    rows = [_row(NOW + 12 * HOUR)]
    usual = timeline.timeline(rows, {}, 2 * HOUR, NOW, NOW + WEEK, ZONE).lanes[0]
    own = timeline.timeline(rows, {"fries": 5 * HOUR}, 2 * HOUR, NOW, NOW + WEEK, ZONE).lanes[0]
    assert usual.opens_at == NOW + 9.5 * HOUR
    assert own.opens_at == NOW + 6.5 * HOUR
    assert own.window
    assert usual.window
    assert own.window[1] > usual.window[1]


@pytest.mark.parametrize("at", [NOW, datetime(2026, 10, 30, 12, tzinfo=UTC),
                                datetime(2027, 3, 12, 12, tzinfo=UTC)])  # fmt: skip
def test_each_midnight_of_the_week_is_marked_once(at: datetime) -> None:
    found = timeline.timeline([], {}, HOUR, at, at + WEEK, ZONE)
    days = [mark.name for mark in found.marks if mark.day]
    assert len(days) == 7
    assert len(set(days)) == 7
    places = [mark.x for mark in found.marks]
    assert places == sorted(places)


# --- the bars


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=3, max_size=3), max_size=70))
def test_pieces_stand_on_each_other_within_the_picture(counts: list[list[int]]) -> None:
    days = [(f"day {number}", found) for number, found in enumerate(counts)]
    chart = bars.stacked(("a", "b", "c"), days)
    for (_, found), bar in zip(days, chart.bars, strict=True):
        assert bar.total == sum(found)
        assert [piece.number for piece in bar.pieces] == [count for count in found if count]
        for below, above in pairwise(bar.pieces):
            assert above.y + above.height == pytest.approx(below.y, abs=0.2)
        assert all(piece.y >= 0 for piece in bar.pieces)
        assert 0 <= bar.x <= bar.x + bar.width <= chart.width
    assert chart.lines[-1][0] >= max((bar.total for bar in chart.bars), default=0)


# --- the file


def _csv(row: Row) -> str:
    told = contract.row(row.occurrence, row.distribution, NOW, IN_UTC)
    return "".join(export.written("csv", [told], ZoneInfo("UTC"), bom=False))


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@x", "\tx", "\rx", " =1", "\uff1d1", "\nx"])
def test_a_cell_is_no_formula(name: str) -> None:
    row = _row(NOW)
    row = replace(
        row, occurrence=replace(row.occurrence, send=replace(row.occurrence.send, name=name))
    )
    lines = _csv(row)
    shown = name.replace("\t", " ").replace("\r", " ")
    assert f"'{shown}" in lines
    assert f'"{name}' not in lines.replace(f"\"'{shown}", "")


def test_numbers_and_nothing_stay_what_they_are() -> None:
    header, line = _csv(_row(NOW)).splitlines()
    assert header.split(",")[0] == "send_name"
    assert ",7," in line
    assert "None" not in line


# --- the steps


@pytest.mark.parametrize("state", [State.UNKNOWN, State.REJECTED, State.MISSED, State.HELD,
                                   State.BLOCKED])  # fmt: skip
def test_whatever_wants_a_person_has_steps(state: State) -> None:
    row = _row(NOW + 3 * HOUR, state)
    assert row.distribution
    row = replace(row, distribution=replace(row.distribution, external_campaign_id="c1-mark"))
    attention = of_row(row, NOW)
    assert attention
    found = [plain(step) for step in steps(row, attention, IN_UTC)]
    assert len(found) >= 2
    assert not any(step.endswith(".") or "None" in step for step in found)


def test_what_is_blocked_or_held_is_told_what_would_mend_it_for_good() -> None:
    told: dict[State, list[str]] = {}
    for state in (State.BLOCKED, State.HELD):
        row = _row(NOW + 3 * HOUR, state)
        assert row.distribution
        reason = saying("no-segment", "no such segment", "did you mean “Taco Lovers”")
        row = replace(row, distribution=replace(row.distribution, reason=reason))
        attention = of_row(row, NOW)
        assert attention
        told[state] = [plain(step) for step in steps(row, attention, IN_UTC)]
    assert told[State.BLOCKED][0] == "did you mean “Taco Lovers”"
    assert "08:38" in told[State.BLOCKED][1]
    assert told[State.HELD][-1] == "Or for good: did you mean “Taco Lovers”"


def test_the_steps_for_a_campaign_that_moved_name_it() -> None:
    row = _row(NOW + 3 * HOUR, State.COMMITTED)
    assert row.distribution
    given_offer = replace(
        row.distribution,
        campaign_id=4711,
        external_campaign_id="c1-mark",
        first_delivery=NOW + 2 * HOUR,
    )
    row = replace(row, distribution=given_offer)
    attention = of_row(row, NOW)
    assert attention
    told = " ".join([plain(step) for step in steps(row, attention, IN_UTC)])
    assert "4711" in told
    assert "c1-mark" in told
    assert "09:00" in told


def test_a_send_without_a_rule_has_steps_too() -> None:
    row = Row(an_occurrence(), None)
    attention = Attention(Severity.WARNING, saying("unmapped-with-audience", "so"))
    assert "rule" in " ".join([plain(step) for step in steps(row, attention, IN_UTC)])


# --- the look


def test_every_state_has_a_tone_and_every_tone_a_look() -> None:
    for state in State:
        assert state.value in TONES
        assert f".chip.{TONES[state.value]} " in CSS
    assert STYLES.keys() == TONES.keys()


def _colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", css))


def _light(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(each * 2 for each in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXTS = [
    ("ink", "ground"), ("ink", "card"), ("dim", "ground"), ("dim", "card"), ("dim", "raised"),
    ("link", "card"), ("link", "ground"), ("on-accent", "accent"), ("given", "given-soft"),
    ("calm", "calm-soft"), ("asks", "asks-soft"), ("asks", "card"), ("alarm", "alarm-soft"),
    ("alarm", "card"), ("quiet", "quiet-soft"), ("ink", "given-soft"), ("ink", "alarm-soft"),
    ("ink", "asks-soft"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_texts_can_be_read_by_day_and_by_night(text: str, ground: str) -> None:
    night = CSS.index("prefers-color-scheme: dark")
    by_day = _colours(CSS[:night])
    for colours in (by_day, {**by_day, **_colours(CSS[night:])}):
        assert _contrast(colours[text], colours[ground]) >= 4.5
