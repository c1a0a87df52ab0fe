"""Who is told what: once per change, again while it stands, and when it is over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.attention import Attention, Severity, Whom
from connector.domain.channels import Routes
from connector.domain.message import News, Notice
from connector.domain.telling import LOOKS, Told, tell
from tests.support.planning import NOW
from tests.support.words import IN_UTC, saying

DAY = timedelta(hours=24)
MINUTE = timedelta(minutes=1)
BAD = Attention(
    Severity.WARNING, saying("blocked", "it is blocked", "Mend it now"), None, "d1", "Fries"
)
WORSE = replace(BAD, severity=Severity.CRITICAL)
OTHER = replace(BAD, reason=saying("missed", "it was missed"))
REMOTE = replace(BAD, subject="remote:punchh", about="punchh", whom=Whom.OPERATORS)


@dataclass
class Reader:
    """One channel, looked at again and again; a minute passes at every look."""

    routes: Routes = field(default_factory=Routes)
    repeat_after: timedelta = DAY
    name: str = "slack"
    memory: frozenset[Told] = frozenset()
    now = NOW

    def look(
        self, *found: Attention, taken: bool = True, after: timedelta = MINUTE
    ) -> Sequence[Notice]:
        self.now += after
        told = tell(
            self.name, found, self.memory, self.routes, self.repeat_after, self.now, IN_UTC.whole
        )
        self.memory = told.if_taken if taken else told.if_not
        return told.message.notices if told.message else ()

    def news(self, *found: Attention, **more: object) -> list[tuple[str, str]]:
        return [(one.news.value, one.code) for one in self.look(*found, **more)]  # type: ignore[arg-type]


def test_a_change_is_told_once() -> None:
    reader = Reader()
    (notice,) = reader.look(BAD)
    told = "it is blocked. Mend it now."
    since = NOW + MINUTE
    assert notice == Notice(News.BEGAN, Severity.WARNING, "blocked", "d1", "Fries", told, since)
    assert [reader.news(BAD) for _ in range(5)] == [[]] * 5


def test_its_end_is_told_once_and_only_after_it_was_gone_twice() -> None:
    reader = Reader()
    reader.look(BAD)
    assert [reader.news() for _ in range(4)] == [[], [("over", "blocked")], [], []]
    assert reader.memory == frozenset()


def test_what_comes_and_goes_is_no_storm() -> None:
    reader = Reader()
    reader.look(BAD)
    assert [reader.news(*([BAD] if n % 2 else [])) for n in range(10)] == [[]] * 10


def test_it_is_repeated_while_it_stands_and_counted_from_the_first() -> None:
    reader = Reader()
    (first,) = reader.look(BAD)
    assert reader.news(BAD, after=DAY - MINUTE) == []
    (again,) = reader.look(BAD)
    assert (again.news, again.since) == (News.STANDS, first.since)
    assert reader.news(BAD) == []
    assert Reader(repeat_after=timedelta()).news(BAD) != []


def test_zero_repeats_nothing() -> None:
    reader = Reader(repeat_after=timedelta())
    reader.look(BAD)
    assert reader.news(BAD, after=30 * DAY) == []


def test_another_severity_or_code_is_a_change_and_not_the_end_of_the_first() -> None:
    reader = Reader()
    reader.look(BAD)
    assert reader.news(WORSE) == [("began", "blocked")]
    assert reader.news(OTHER) == [("began", "missed")]
    assert [reader.news(OTHER) for _ in range(3)] == [[]] * 3
    assert {row.code for row in reader.memory} == {"missed"}
    assert [reader.news() for _ in range(3)] == [[], [("over", "missed")], []]


def test_one_subject_is_over_once_whatever_was_told_of_it() -> None:
    reader = Reader()
    reader.look(BAD)
    reader.look(OTHER)
    assert [reader.news() for _ in range(4)] == [[], [("over", "missed")], [], []]
    assert reader.memory == frozenset()


def test_a_note_of_it_ends_repeating_until_it_changes() -> None:
    reader, noted = Reader(), replace(BAD, acknowledged_by="ada")
    assert reader.news(noted) == []
    reader.look(BAD)
    assert reader.news(noted, after=10 * DAY) == []
    assert reader.news(BAD) == [("stands", "blocked")]
    assert reader.news(BAD) == []


def test_its_end_is_told_also_of_what_somebody_took_note_of() -> None:
    reader = Reader()
    reader.look(BAD)
    reader.look(replace(BAD, acknowledged_by="ada"))
    assert [reader.news() for _ in range(2)] == [[], [("over", "blocked")]]


def test_a_channel_that_fails_is_told_later_of_what_then_stands() -> None:
    reader = Reader()
    assert [reader.news(BAD, taken=False) for _ in range(3)] == [[("began", "blocked")]] * 3
    assert reader.news(OTHER, taken=False) == [("began", "missed")]
    assert reader.news(OTHER) == [("began", "missed")]
    assert reader.news(after=MINUTE) == []
    assert [reader.news(taken=False) for _ in range(3)] == [[("over", "missed")]] * 3
    assert [reader.news() for _ in range(2)] == [[("over", "missed")], []]


def test_what_was_never_told_has_no_end() -> None:
    reader = Reader()
    reader.look(BAD, taken=False)
    assert [reader.news() for _ in range(3)] == [[]] * 3


def test_routes_lead_by_team_and_by_severity() -> None:
    routes = Routes(marketers=("slack",), operators=("mail",), critical=("pager",))

    def told(one: Attention) -> set[str]:
        return {name for name in ("slack", "mail", "pager") if routes.lead(one, name)}

    assert told(BAD) == {"slack"}
    assert told(REMOTE) == {"mail"}
    assert told(WORSE) == {"slack", "pager"}
    assert told(replace(REMOTE, severity=Severity.CRITICAL)) == {"mail", "pager"}
    assert Routes(operators=()).lead(BAD, "anything")
    assert not Routes(operators=()).lead(REMOTE, "anything")


def test_no_channel_is_told_of_its_own_trouble() -> None:
    trouble = replace(REMOTE, subject="channel:slack")
    assert Reader().news(trouble) == []
    assert Reader(name="mail").news(trouble) == [("began", "blocked")]


def test_a_change_of_routes_is_no_end() -> None:
    reader = Reader()
    reader.look(BAD)
    reader.routes = Routes(marketers=())
    assert [reader.news(BAD) for _ in range(3)] == [[]] * 3
    assert reader.memory == frozenset()


def test_other_channels_are_not_minded() -> None:
    reader = Reader()
    mail = Told("mail", *("d9", "x", Severity.WARNING), "about", saying("x", "told"), NOW, NOW)
    reader.memory = frozenset({mail})
    assert [reader.news() for _ in range(3)] == [[]] * 3


attentions = st.builds(
    lambda subject, code, severity, noted: Attention(
        severity, saying(code, code), noted, subject, subject
    ),
    st.sampled_from(["d1", "d2", "remote:x"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(Severity),
    st.sampled_from([None, "ada"]),
)
looks = st.lists(st.tuples(st.lists(attentions, max_size=4), st.booleans()), max_size=30)


def _keys(found: Iterable[Attention]) -> set[tuple[str, str, Severity]]:
    return {(one.subject, one.reason.code, one.severity) for one in found}


@given(looks)
def test_whatever_happens_nothing_open_is_untold_and_nothing_told_twice(
    days: list[tuple[list[Attention], bool]],
) -> None:
    reader = Reader(repeat_after=timedelta())
    knows: set[tuple[str, str, Severity]] = set()
    for found, taken in days:
        before = {row.key for row in reader.memory}
        noticed = reader.look(*found, taken=taken)
        assert len({(one.subject, one.code, one.severity) for one in noticed}) == len(noticed)
        if not taken:
            assert {row.key for row in reader.memory} <= before
            continue
        for one in noticed:
            key = (one.subject, one.code, one.severity)
            match one.news:
                case News.BEGAN:
                    assert key not in knows
                    knows.add(key)
                case News.STANDS:
                    assert key in knows
                case News.OVER:
                    assert key in knows
                    assert one.subject not in {each.subject for each in found}
                    knows = {each for each in knows if each[0] != one.subject}
        knows &= {row.key for row in reader.memory} | _keys(found)
        first: dict[tuple[str, str, Severity], Attention] = {}
        for each in found:
            first.setdefault((each.subject, each.reason.code, each.severity), each)
        assert {key for key, each in first.items() if each.acknowledged_by is None} <= {
            row.key for row in reader.memory
        }


@given(looks)
def test_quiet_ends_in_silence_and_an_empty_memory(
    days: list[tuple[list[Attention], bool]],
) -> None:
    reader = Reader()
    for found, taken in days:
        reader.look(*found, taken=taken)
    told = {row.subject for row in reader.memory}
    ends = [one for _ in range(LOOKS) for one in reader.look()]
    assert {one.subject for one in ends} <= told
    assert len({one.subject for one in ends}) == len(ends)
    assert reader.memory == frozenset()
    assert reader.look() == ()
