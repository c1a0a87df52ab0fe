"""A ledger that forgot something: put back with its mark, as a snapshot of a volume or machine is.

The file alone cannot show it. What shows it stands elsewhere: what this process remembers, a mark
in a folder that is not put back with the volume, and a webhook that tells of a campaign by the
mark of an attempt which this ledger has yet to make.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select, update

from connector.domain.distribution import Distribution
from connector.domain.evidence import Heard
from connector.domain.keys import external_campaign_id
from connector.domain.reasons import Reason, reason
from connector.errors import RefusedError
from connector.ledger import chain, modes, reads
from connector.ledger.files import replace_durably
from connector.ledger.history import Verb
from connector.ledger.mark import Mark
from connector.ledger.opening import forgets, standing
from connector.ledger.rows import distribution_of
from connector.ledger.tables import distribution, evidence

WHO = "ledger"
_RECENT = timedelta(days=3)  # so long after its delivery an offer's gifts are still told of
_NEXT = 3  # attempts beyond the last known one whose marks are known beforehand


@dataclass(frozen=True, slots=True)
class Lapse:
    """Why a ledger does not hold what it once did; `latest` is the last generation known, if any.

    `heard` are the campaigns of attempts that it forgot, with the offers that they were of.
    """

    why: Reason
    latest: int | None
    heard: tuple[tuple[Distribution, Heard], ...] = ()


def lapse(tx: Connection, known: Mark | None, *, at: datetime) -> Lapse | None:
    """Return what shows that a ledger forgot something, None where nothing does."""
    stands = standing(tx)
    if known is not None and known.ledger_id == stands.ledger_id and forgets(tx, stands, known):
        return Lapse(_why(stands, known), known.generation)
    if heard := tuple(_forgotten(tx, at)):
        row, told = heard[0]
        why = reason("rolled-back/heard", offer=row.id, campaign=told.campaign_id, mark=told.mark)
        return Lapse(why, None, heard)
    return None


def _why(stands: Mark, known: Mark) -> Reason:
    last, wrote = stands.head or chain.Head(), known.head or chain.Head()
    if wrote.number > last.number:
        return reason("rolled-back", wrote=wrote.number, last=last.number)
    return reason("rolled-back/other", wrote=wrote.number)


def rehearse(tx: Connection, found: Lapse, *, at: datetime) -> None:
    """Put a ledger that forgot something back into rehearsal, above every mark of before."""
    before = standing(tx).generation
    modes.distrust(
        tx,
        Verb.ROLLED_BACK,
        found.why,
        before=before,
        latest=found.latest,
        after=max(before, found.latest or 0) + 1,
        at=at,
        who=WHO,
    )
    modes.doubt(tx, found.why)
    for row, told in found.heard:
        mine = (evidence.c.mark == told.mark, evidence.c.distribution.is_(None))
        tx.execute(update(evidence).where(*mine).values(distribution=row.id))


def refuse_heard(tx: Connection, row: Distribution, mark: str) -> None:
    """RefusedError where a webhook told of a campaign by the very mark that is to be sent.

    The next cycle takes it for this offer's, which then waits for a person.
    """
    stray = (evidence.c.mark == mark, evidence.c.distribution.is_(None))
    if tx.execute(select(evidence.c.campaign_id).where(*stray)).first():
        raise RefusedError(
            f"{row.id}: Punchh told of gifts by the mark {mark}, which only this attempt would "
            "bear: the ledger has forgotten that it was made"
        )


def _forgotten(tx: Connection, at: datetime) -> Iterator[tuple[Distribution, Heard]]:
    """Give the campaigns told of by marks that offers of this ledger would bear next."""
    strays = {told.mark: told for told in reads.strays(tx, at - _RECENT)}
    if not strays:
        return
    known = select(distribution).where(
        distribution.c.first_delivery > at - _RECENT,
        distribution.c.segment_id.is_not(None),
        distribution.c.redeemable_uuid.is_not(None),
    )
    for row in map(distribution_of, tx.execute(known.order_by(distribution.c.id))):
        for mark in _marks(row):
            if mark in strays:
                yield row, strays[mark]


def _marks(row: Distribution) -> Iterator[str]:
    if row.segment_id is None or row.redeemable_uuid is None:
        return
    for number in range(row.attempts + 1, row.attempts + 1 + _NEXT):
        yield external_campaign_id(row.occurrence, row.segment_id, row.redeemable_uuid, number)


# --- the mark that is not put back with the volume


def runtime_mark(folder: Path, ledger_id: str) -> Path:
    return folder / f"{ledger_id}.mark"


def read_runtime(folder: Path | None, ledger_id: str) -> Mark | None:
    """Return what the last worker since the machine's start wrote; None where that is not known."""
    if folder is not None:
        with suppress(OSError, ValueError, TypeError, KeyError):
            return Mark.parse(runtime_mark(folder, ledger_id).read_text(encoding="utf-8"))
    return None


def write_runtime(folder: Path | None, mark: Mark) -> None:
    """Keep how far the ledger has come. It is one more witness: where it fails, work goes on."""
    if folder is not None:
        with suppress(OSError):
            replace_durably(runtime_mark(folder, mark.ledger_id), mark.spelled())
