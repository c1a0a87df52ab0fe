"""Ask all remotes side by side; they fail apart."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from connector.app import Work
from connector.clock import Clock
from connector.domain import reasons
from connector.domain.breaker import (
    Breaker,
    after_failed_read,
    after_good_read,
    after_refusal,
    after_told_to_wait,
    commits_left_alone,
    reads_left_alone,
    under,
)
from connector.domain.clocks import believed, clock_trouble
from connector.domain.lifecycle import shrank
from connector.domain.offer import Catalog
from connector.domain.planner import Question, Series
from connector.domain.reasons import Reason, reason
from connector.domain.seeing import Poll
from connector.domain.send import Snapshot
from connector.domain.standing import RemoteNote
from connector.errors import RemoteError
from connector.points import Point, point
from connector.ports import Source
from connector.render.words import Words
from connector.telemetry import Event, log

PUNCHH = "punchh"
SECOND = timedelta(seconds=1)


class Interrupted(Exception):  # noqa: N818  it is no error: somebody asked the worker to stop
    """The worker was told to stop while it waited for a remote."""


@dataclass(frozen=True)
class Observation:
    """What the remotes said. `failures` go by remote; a failed source has no poll.

    `notes` are of the remotes that were asked; `breaker` is Punchh's after this reading.
    """

    polls: tuple[Poll, ...]
    catalog: Catalog | None
    last_good: Mapping[str, datetime]
    failures: Mapping[str, RemoteError]
    notes: tuple[RemoteNote, ...] = field(repr=False, default=())
    breaker: Breaker = field(default_factory=Breaker)

    def left_alone(self, now: datetime) -> Reason | None:
        """Return why Punchh takes no commit at an instant, None where it may."""
        return commits_left_alone(PUNCHH, self.breaker, now)

    def series(self) -> list[Series]:
        return [send.series for poll in self.polls for send in poll.snapshot.sends]


def observe(work: Work) -> Observation:
    """Poll every source and read Punchh's catalog, but for those whose breaker is open.

    Interrupted if told to stop meanwhile.
    """
    now = work.clock.now()
    before = _before(work, now)
    alone = {name: told for name, note in before.items() if (told := _left_alone(note, now))}
    answers = side_by_side(
        {name: task for name, task in _tasks(work, before, now).items() if name not in alone},
        work.clock,
    )
    answers = {name: _believed(before[name], answer) for name, answer in answers.items()}
    notes = {name: _note(work, before[name], answer, now) for name, answer in answers.items()}
    answers |= {name: RemoteError(name, told) for name, told in alone.items()}
    failures = {name: answer for name, answer in answers.items() if isinstance(answer, RemoteError)}
    snapshots = [answer for answer in answers.values() if isinstance(answer, Snapshot)]
    catalog = answers[PUNCHH] if isinstance(answers[PUNCHH], Catalog) else None
    _tell(snapshots, catalog, failures, work.words)
    for name, note in notes.items():
        tell_breaker(name, before[name].breaker, note.breaker, work.words)
        _tell_clock(before[name], note)
    stands = (before | notes).values()
    return Observation(
        polls=tuple(
            Poll(
                one,
                before[one.source].last_good_at,
                believed(work.skew_of(one.source)),
                believed(before[one.source].skew),
            )
            for one in snapshots
        ),
        catalog=catalog,
        last_good={note.name: note.last_good_at for note in stands if note.last_good_at},
        failures=failures,
        notes=tuple(notes.values()),
        breaker=(before | notes)[PUNCHH].breaker,
    )


def _before(work: Work, now: datetime) -> dict[str, RemoteNote]:
    """Return every remote as last met, its breaker looked at with the key it has now."""
    known = work.ledger.remotes()
    notes = [known.get(name) or RemoteNote(name, now) for name in (*work.sources, PUNCHH)]
    found = {}
    for note in notes:
        breaker = under(note.breaker, work.key_of(note.name))
        tell_breaker(note.name, note.breaker, breaker, work.words)
        found[note.name] = replace(note, breaker=breaker)
    return found


def _left_alone(note: RemoteNote, now: datetime) -> Reason | None:
    return reads_left_alone(note.name, note.breaker, now)


def _tasks(
    work: Work, before: Mapping[str, RemoteNote], now: datetime
) -> dict[str, Callable[[], Any]]:
    def poller(name: str, source: Source) -> Callable[[], Snapshot]:
        return lambda: _polled(source, now, before[name].kinds)

    pollers = {name: poller(name, source) for name, source in work.sources.items()}
    return {**pollers, PUNCHH: work.loyalty.catalog}


def _believed(before: RemoteNote, answer: Any) -> Any:
    """Put an error in the place of a catalog that lost too much against the last one used."""
    if not isinstance(answer, Catalog):
        return answer
    segments, redeemables = _counts(answer)
    counts = (
        ("segments", before.segments, segments),
        ("redeemables", before.redeemables, redeemables),
    )
    for noun, had, has in counts:
        if had is not None and shrank(had - has, had):
            return ShrunkenError(PUNCHH, reasons.catalog_shrunken(noun, had, has))
    return answer


def _counts(catalog: Catalog) -> tuple[int, int]:
    """Return how many rows each list has: one that cannot be read is not lost."""
    return (
        len(catalog.segments) + len(catalog.unread_segments),
        len(catalog.redeemables) + len(catalog.unread_redeemables),
    )


class ShrunkenError(RemoteError):
    """The remote answered, and what it said is not to be believed yet."""


def _polled(source: Source, now: datetime, worked: frozenset[str]) -> Snapshot:
    snapshot = source.poll(now, worked)
    point(Point.SOURCE_READ)
    return snapshot


def side_by_side(
    tasks: Mapping[str, Callable[[], Any]], clock: Clock, *, seconds: float = math.inf
) -> dict[str, Any]:
    """Run every task in a thread of its own; return its result, or the RemoteError it raised.

    A fault of ours in one remote's code is told as that remote's failure, so that it does not
    stop the others; so is a task that has not ended after so many seconds, which is left to itself.
    """
    done: SimpleQueue[tuple[str, Any]] = SimpleQueue()

    def run(name: str, task: Callable[[], Any]) -> None:
        result: Any = RemoteError(name, reason("fault"))
        try:
            result = task()
        except RemoteError as error:
            result = error
        except Exception as error:  # noqa: BLE001
            log.error(Event.ITEM_FAILED, remote=name, exc_info=error)
        finally:
            done.put((name, result))

    for name, task in tasks.items():
        try:
            Thread(target=run, args=(name, task), name=f"read-{name}", daemon=True).start()
        except RuntimeError:  # a limit of tasks or of memory is reached
            done.put((name, RemoteError(name, reason("no-thread"))))
    answers: dict[str, Any] = {}
    end = clock.monotonic() + seconds
    while len(answers) < len(tasks) and clock.monotonic() < end:
        try:
            name, result = done.get(timeout=0.2)
        except Empty:
            if clock.wait(0):
                raise Interrupted from None
        else:
            answers[name] = result
    late = tasks.keys() - answers.keys()
    return answers | {name: RemoteError(name, reason("late/answer")) for name in late}


def sizes(work: Work, segments: Iterable[int]) -> Mapping[int, int | Reason]:
    """Ask Punchh for the size of each segment, once; after a refused key for no more of them."""
    found: dict[int, int | Reason] = {}
    refused: Reason | None = None
    for segment in sorted(segments):
        try:
            found[segment] = refused or work.loyalty.guests(segment)
        except RemoteError as error:
            found[segment] = error.reason
            refused = error.reason if error.account else None
            log.warning(Event.SIZE_FAILED, segment=segment, reason=work.words.whole(error.reason))
    return found


def ask(
    questions: Sequence[Question], sources: Mapping[str, Source], words: Words
) -> frozenset[Series]:
    """Return the series that their sources confirm to be gone; no answer is no confirmation."""
    gone: set[Series] = set()
    for name, source in sources.items():
        sends = [one.send for one in questions if one.source == name]
        if not sends:
            continue
        try:
            alive = source.confirm(sends)
        except RemoteError as error:
            log.warning(Event.SOURCE_FAILED, source=name, reason=words.whole(error.reason))
            continue
        except Exception as error:  # noqa: BLE001  a fault of ours is no confirmation either
            log.error(Event.ITEM_FAILED, remote=name, exc_info=error)
            continue
        gone |= {series for series, live in alive.items() if not live}
    return frozenset(gone)


def drafts(
    questions: Sequence[Question], sources: Mapping[str, Source], words: Words
) -> Mapping[Series, bool]:
    """Return of which sends a draft of changes waits, as far as their sources answer.

    A key that may not read that is not asked again: such a send counts as one without a draft.
    """
    found: dict[Series, bool] = {}
    for name, source in sources.items():
        sends = [one.send for one in questions if one.source == name]
        if not sends:
            continue
        try:
            found |= source.drafts(sends)
        except RemoteError as error:
            log.warning(Event.DRAFT_FAILED, source=name, reason=words.whole(error.reason))
            found |= {send.series: False for send in sends if error.account}
        except Exception as error:  # noqa: BLE001  a notice must not cost an offer
            log.error(Event.ITEM_FAILED, remote=name, exc_info=error)
    return found


def _note(work: Work, before: RemoteNote, answer: Any, now: datetime) -> RemoteNote:
    met = replace(
        before,
        last_attempt_at=now,
        breaker=after_good_read(before.breaker),
    )
    # What the clocks differed by belongs to the last good poll, as its instant does.
    skew = work.skew_of(before.name) // SECOND
    good = replace(met, last_good_at=now, trouble=None, skew_seconds=skew)
    match answer:
        case Snapshot(kinds=read):
            return replace(good, kinds=before.kinds | read)
        case Catalog() as catalog:
            segments, redeemables = _counts(catalog)
            return replace(good, segments=segments, redeemables=redeemables, shrunk_at=None)
        case ShrunkenError(reason=why):
            return replace(met, trouble=why, shrunk_at=before.shrunk_at or now)
        case error:
            breaker = _after_failure(work, before, error, now)
            return replace(met, trouble=error.reason, breaker=breaker)


def _after_failure(work: Work, before: RemoteNote, error: RemoteError, now: datetime) -> Breaker:
    why = error.reason
    if error.account:
        # Punchh blocks an address after ten refused logins (facts: punchh §7): it is not probed.
        probed = before.name != PUNCHH
        key = work.key_of(before.name)
        return after_refusal(before.breaker, key, why, now, probed=probed)
    return after_failed_read(before.breaker, why, now, not_before=error.not_before)


def keep_refusal(work: Work, error: RemoteError) -> None:
    """Keep that a remote refused the key, asked for a person: nobody is to ask with it again.

    Ten refused logins within ten minutes block the address in Punchh (facts: punchh §7). On
    read-only media nothing can be kept.
    """
    if not error.account or work.ledger.read_only:
        return
    now, key, name = work.clock.now(), work.key_of(error.remote), error.remote
    why, probed = error.reason, error.remote != PUNCHH
    work.ledger.refused(
        name, lambda before: after_refusal(under(before, key), key, why, now, probed=probed), at=now
    )


def keep_waits(work: Work) -> None:
    """Keep that a remote asked to be left alone, in whatever call: for the next process too."""
    now, known = work.clock.now(), work.ledger.remotes()
    for name in (*work.sources, PUNCHH):
        until, note = work.not_before_of(name), known.get(name)
        if until is None or note is None or until <= max(now, note.breaker.not_before or now):
            continue

        def change(before: Breaker, name: str = name, until: datetime = until) -> Breaker:
            after_it = after_told_to_wait(before, until, now)
            tell_breaker(name, before, after_it, work.words)
            return after_it

        work.ledger.change_breaker(name, change)


def tell_breaker(remote: str, before: Breaker, now: Breaker, words: Words) -> None:
    """Log that a breaker opened, or opened further, or closed."""
    if before.since is not None and now.since is None:
        log.info(Event.BREAKER_CLOSED, remote=remote)
    elif now.why is not None and now != before:
        log.warning(
            Event.BREAKER_OPENED, remote=remote, since=now.since, why=words.sentence(now.why)
        )


def _tell_clock(before: RemoteNote, now: RemoteNote) -> None:
    """Log that a remote's clock and ours have come apart."""
    found = clock_trouble(now.name, now.skew)
    known = clock_trouble(before.name, before.skew)
    if found and not known:
        log.warning(Event.CLOCK_OFF, remote=now.name, ahead_seconds=now.skew_seconds)


def _tell(
    snapshots: Sequence[Snapshot],
    catalog: Catalog | None,
    failures: Mapping[str, RemoteError],
    words: Words,
) -> None:
    for snapshot in snapshots:
        log.info(Event.SOURCE_READ, source=snapshot.source, sends=len(snapshot.sends))
        for note in (*snapshot.notes, *snapshot.left_out.values()):
            log.warning(Event.SOURCE_NOTE, source=snapshot.source, note=words.whole(note))
    if catalog is not None:
        log.info(
            Event.CATALOG_READ,
            segments=len(catalog.segments),
            redeemables=len(catalog.redeemables),
            unread=len(catalog.unread_segments) + len(catalog.unread_redeemables),
        )
    for name, error in failures.items():
        event = Event.CATALOG_FAILED if name == PUNCHH else Event.SOURCE_FAILED
        log.warning(event, remote=name, reason=words.whole(error.reason))
