"""What takes asking: each remote with its key, the names in the rules, and the channels.

A key that is refused is asked with once, and never while a refusal of it is known: Punchh blocks
an address after ten refused logins within ten minutes (facts: punchh §7).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from connector.app import Work
from connector.clock import Clock
from connector.domain.breaker import reads_left_alone, under
from connector.domain.checkup import Check, Level, fine, warning
from connector.domain.checkup import clock as clock_of
from connector.domain.offer import Catalog
from connector.domain.reasons import Reason
from connector.errors import RemoteError
from connector.ports import Channel, Loyalty, Source
from connector.worker.observe import PUNCHH, keep_refusal, side_by_side
from connector.worker.tell import try_out

Asking = Callable[[], Iterator[Check]]


@dataclass(frozen=True)
class Answers:
    """What asking found, and the remotes that could not be asked or refused all."""

    checks: tuple[Check, ...]
    unreadable: frozenset[str]


def remotes(
    sources: Mapping[str, Source], loyalty: Loyalty, clock: Clock, work: Work | None
) -> Answers:
    """Ask every remote side by side; `work` has the ledger that knows what was refused, if any."""
    now, notes = clock.now(), work.ledger.remotes() if work else {}
    askings: dict[str, Asking] = {
        name: partial(source.check, now, notes[name].kinds if name in notes else frozenset())
        for name, source in sources.items()
    }
    askings[PUNCHH] = loyalty.check
    alone = _left_alone(work) if work else {}
    tasks = {name: partial(_asked, one) for name, one in askings.items() if name not in alone}
    found = [Check(Level.FAILS, name, told) for name, told in alone.items()]
    unreadable = set(alone)
    for name, answer in side_by_side(tasks, clock).items():
        checks, error = ([], answer) if isinstance(answer, RemoteError) else answer
        found += checks
        if checks:
            ahead = loyalty.skew if name == PUNCHH else sources[name].skew
            found.append(clock_of(name, ahead))
        if error is not None:
            unreadable.add(name)
            found.append(Check(Level.FAILS, name, error.reason))
            if work is not None:
                keep_refusal(work, error)
    return Answers(tuple(found), frozenset(unreadable))


def lists(loyalty: Loyalty, work: Work | None) -> Catalog | RemoteError:
    """Read Punchh's lists for whoever looks names up in them; a refusal is kept."""
    try:
        return loyalty.catalog()
    except RemoteError as error:
        if work is not None:
            keep_refusal(work, error)
        return error


def _asked(asking: Asking) -> tuple[list[Check], RemoteError | None]:
    """Return what was found until a remote refused all, and how it did."""
    found: list[Check] = []
    try:
        for one in asking():
            found.append(one)  # noqa: PERF402  what came before an error is kept
    except RemoteError as error:
        return found, error
    return found, None


def _left_alone(work: Work) -> dict[str, Reason]:
    """Return the remotes that are not to be asked now, with the key they have now, and why."""
    now = work.clock.now()
    told = {
        name: reads_left_alone(name, under(note.breaker, work.key_of(name)), now)
        for name, note in work.ledger.remotes().items()
        if name in work.sources or name == PUNCHH
    }
    return {name: reason for name, reason in told.items() if reason is not None}


def channels(found: Mapping[str, Channel], clock: Clock, *, who: str, host: str) -> Iterator[Check]:
    """Send a test message on every channel."""
    for name, answer in try_out(found, clock, who=who, host=host).items():
        of = f"channel {name}"
        if isinstance(answer, RemoteError):
            yield Check(Level.FAILS, of, answer.reason)
        elif answer:
            yield warning(of, "told/partly", text=answer, channel=name)
        else:
            yield fine(of, "told")
