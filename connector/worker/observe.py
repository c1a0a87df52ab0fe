"""Ask all remotes side by side; they fail apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from connector.app import Work
from connector.clock import Clock
from connector.domain.lifecycle import Poll
from connector.domain.offer import Catalog
from connector.domain.planner import Question, Series
from connector.domain.reasons import Reason
from connector.domain.send import Snapshot
from connector.errors import RemoteError
from connector.ledger import RemoteNote
from connector.ports import Source
from connector.telemetry import Event, log

PUNCHH = "punchh"
# Ten refused logins in ten minutes block our address for an hour (facts: punchh §7).
REST = timedelta(minutes=15)


class Interrupted(Exception):  # noqa: N818  it is no error: somebody asked the worker to stop
    """The worker was told to stop while it waited for a remote."""


@dataclass(frozen=True)
class Observation:
    """What the remotes said. `failures` go by remote; a failed source has no poll."""

    polls: tuple[Poll, ...]
    catalog: Catalog | None
    last_good: Mapping[str, datetime]
    failures: Mapping[str, RemoteError]
    notes: tuple[RemoteNote, ...] = field(repr=False, default=())

    def series(self) -> list[Series]:
        return [send.series for poll in self.polls for send in poll.snapshot.sends]


def observe(work: Work) -> Observation:
    """Poll every source and read Punchh's catalog; Interrupted if told to stop meanwhile."""
    before = work.ledger.remotes()
    now = work.clock.now()

    def poller(name: str, source: Source) -> Callable[[], Snapshot]:
        note = before.get(name)
        worked = note.kinds if note else frozenset[str]()
        return lambda: source.poll(now, worked)

    tasks: dict[str, Callable[[], Any]] = {
        name: poller(name, source) for name, source in work.sources.items()
    }
    tasks[PUNCHH] = work.loyalty.catalog
    answers = side_by_side(
        {name: _rested(work, name, task) for name, task in tasks.items()}, work.clock
    )
    failures = {name: answer for name, answer in answers.items() if isinstance(answer, RemoteError)}
    snapshots = [answer for answer in answers.values() if isinstance(answer, Snapshot)]
    catalog = answers[PUNCHH] if isinstance(answers[PUNCHH], Catalog) else None
    for name, error in failures.items():
        if error.account:
            work.resting.setdefault(name, (now + REST, error))
    _tell(snapshots, catalog, failures)
    notes = tuple(_note(name, answers[name], before.get(name), now) for name in tasks)
    return Observation(
        polls=tuple(Poll(one, _last_good(before.get(one.source))) for one in snapshots),
        catalog=catalog,
        last_good={note.name: note.last_good_at for note in notes if note.last_good_at},
        failures=failures,
        notes=notes,
    )


def _rested(work: Work, name: str, task: Callable[[], Any]) -> Callable[[], Any]:
    """Put the remote's last refusal in the place of the task, until its rest is over."""
    until, refusal = work.resting.get(name, (work.clock.now(), None))
    if refusal is None or work.clock.now() >= until:
        work.resting.pop(name, None)
        return task

    def refuse() -> Any:
        raise refusal

    return refuse


def side_by_side(tasks: Mapping[str, Callable[[], Any]], clock: Clock) -> dict[str, Any]:
    """Run every task in a thread of its own; return its result, or the RemoteError it raised.

    A fault of ours in one remote's code is told as that remote's failure, so that it does not
    stop the others.
    """
    done: SimpleQueue[tuple[str, Any]] = SimpleQueue()

    def run(name: str, task: Callable[[], Any]) -> None:
        told = Reason("fault", "reading it failed by a fault of the connector")
        result: Any = RemoteError(name, told)
        try:
            result = task()
        except RemoteError as error:
            result = error
        except Exception as error:  # noqa: BLE001
            log.error(Event.ITEM_FAILED, remote=name, exc_info=error)
        finally:
            done.put((name, result))

    for name, task in tasks.items():
        Thread(target=run, args=(name, task), name=f"read-{name}", daemon=True).start()
    answers: dict[str, Any] = {}
    while len(answers) < len(tasks):
        try:
            name, result = done.get(timeout=0.2)
        except Empty:
            if clock.wait(0):
                raise Interrupted from None
        else:
            answers[name] = result
    return answers


def ask(questions: Sequence[Question], sources: Mapping[str, Source]) -> frozenset[Series]:
    """Return the series that their sources confirm to be gone; no answer is no confirmation."""
    gone: set[Series] = set()
    for name, source in sources.items():
        sends = [one.send for one in questions if one.source == name]
        if not sends:
            continue
        try:
            alive = source.confirm(sends)
        except RemoteError as error:
            log.warning(Event.SOURCE_FAILED, source=name, reason=str(error.reason))
            continue
        except Exception as error:  # noqa: BLE001  a fault of ours is no confirmation either
            log.error(Event.ITEM_FAILED, remote=name, exc_info=error)
            continue
        gone |= {series for series, live in alive.items() if not live}
    return frozenset(gone)


def _last_good(note: RemoteNote | None) -> datetime | None:
    return note.last_good_at if note else None


def _note(name: str, answer: Any, before: RemoteNote | None, now: datetime) -> RemoteNote:
    kinds = before.kinds if before else frozenset[str]()
    match answer:
        case Snapshot(kinds=read):
            return RemoteNote(name, now, now, None, kinds | read)
        case Catalog():
            return RemoteNote(name, now, now, None, kinds)
        case error:
            return RemoteNote(name, now, _last_good(before), str(error.reason), kinds)


def _tell(
    snapshots: Sequence[Snapshot], catalog: Catalog | None, failures: Mapping[str, RemoteError]
) -> None:
    for snapshot in snapshots:
        log.info(Event.SOURCE_READ, source=snapshot.source, sends=len(snapshot.sends))
        for note in snapshot.notes:
            log.warning(Event.SOURCE_NOTE, source=snapshot.source, note=str(note))
    if catalog is not None:
        log.info(
            Event.CATALOG_READ,
            segments=len(catalog.segments),
            redeemables=len(catalog.redeemables),
        )
    for name, error in failures.items():
        event = Event.CATALOG_FAILED if name == PUNCHH else Event.SOURCE_FAILED
        log.warning(event, remote=name, reason=str(error.reason))
