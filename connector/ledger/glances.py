"""What pages show at a glance: short readings by an index, however long the history is."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select

from connector.domain import plan
from connector.domain.attention import STEPS
from connector.domain.browsing import Approved, Claim, Claims, Count
from connector.domain.distribution import Decision, Distribution, State
from connector.domain.plan import Approval
from connector.domain.send import BEARABLE
from connector.domain.standing import Row, Standing
from connector.ledger import reads
from connector.ledger.rows import distribution_of, occurrence_of, texts
from connector.ledger.tables import approval, attempt, distribution, evidence, occurrence, sighting

_TRIED = 20  # so many attempts are looked at for one that was committed
MOST = 1_000  # what is counted no further, lest it take ever longer


def _counted(state: State) -> Any:
    some = select(distribution.c.id).where(distribution.c.state == state.value).limit(MOST + 1)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


_TALLY = select(*(_counted(state).label(state.value) for state in State))


def tally(tx: Connection) -> dict[State, int]:
    """Return how many offers stand in each state, `MOST` + 1 where there are more."""
    return dict(zip(State, tx.execute(_TALLY).one(), strict=True))


def per_day(tx: Connection, days: Sequence[tuple[datetime, datetime]]) -> list[list[Count]]:
    """Return for each span of time how many offers have their message in it."""
    d = distribution.c
    counted = select(d.state, d.redeemable, func.count()).group_by(d.state, d.redeemable)
    return [
        [
            Count(State(state), redeemable, number)
            for state, redeemable, number in tx.execute(
                counted.where(d.first_delivery >= begins, d.first_delivery < ends)
            )
        ]
        for begins, ends in days
    ]


def given_lately(tx: Connection, limit: int) -> tuple[tuple[Row, datetime], ...]:
    """Return the offers committed last, the latest first, with when their attempt began."""
    last = select(attempt.c.distribution, attempt.c.number, attempt.c.begun_at)
    tried = last.order_by(attempt.c.begun_at.desc()).limit(_TRIED * limit).subquery()
    given = (
        select(distribution, tried.c.begun_at)
        .join(tried, distribution.c.id == tried.c.distribution)
        .where(
            distribution.c.state.concat("") == State.COMMITTED.value,  # found by the attempt
            tried.c.number == distribution.c.attempts,
        )
        .order_by(tried.c.begun_at.desc())
    )
    found = tx.execute(given.limit(limit)).all()
    rows = reads.rows_of(tx, [distribution_of(each) for each in found])
    return tuple(zip(rows, (each.begun_at for each in found), strict=True))


def upcoming(
    tx: Connection, since: datetime, until: datetime, limit: int
) -> tuple[tuple[Row, ...], int]:
    """Return the offers whose message comes in a span of time, by it, and how many there are.

    At most `limit` are returned; more than `MOST` are not counted.
    """
    d = distribution.c
    within = (d.first_delivery >= since, d.first_delivery < until)
    counted = select(func.count()).select_from(
        select(d.id).where(*within).limit(MOST + 1).subquery()
    )
    found = tx.execute(
        select(distribution).where(*within).order_by(d.first_delivery, d.id).limit(limit)
    )
    rows = reads.rows_of(tx, [distribution_of(each) for each in found])
    return rows, tx.execute(counted).scalar_one()


def held(tx: Connection, apart: Sequence[str], limit: int) -> tuple[Row, ...]:
    """Return what is held for other reasons than these codes, the most urgent first."""
    d = distribution.c
    found = tx.execute(
        select(distribution)
        .where(d.state == State.HELD.value, d.reason_code.not_in(apart))
        .order_by(d.first_delivery, d.id)
        .limit(limit)
    )
    return reads.rows_of(tx, [distribution_of(each) for each in found])


def approved(tx: Connection, offers: Iterable[Distribution]) -> dict[str, Approved]:
    """Return by id which of these held offers a person has approved as they stand."""
    held = {offer.id: offer for offer in offers if offer.state is State.HELD}
    return {
        row.distribution: Approved(row.who, row.at)
        for row in reads.among(tx, _APPROVALS, held)
        if _lifts(row, held[row.distribution])
    }


_APPROVALS = select(approval).where(reads.one_of(approval.c.distribution)).order_by(approval.c.id)


def _lifts(row: Any, offer: Distribution) -> bool:
    """Say whether a yes is to an offer as it stands: what `plan.approved` asks of all of them."""
    yes = Approval(row.segment_id, row.redeemable_uuid, row.scheduled_for, row.code)
    return plan.approved({offer.id: (yes,)}, offer, offer.reason.code)


def _may_want(row: Any, send: Any) -> Any:
    """Return the condition of an offer of which `attention.of_row` may have something to tell."""
    state = row.state.concat("")  # an expression: the few sends lead to their offers, not states
    still_open = send.closed_at.is_(None)
    unfinished = state.in_([State.REJECTED.value, State.MISSED.value])
    near = and_(
        state.in_([State.BLOCKED.value, State.HELD.value]),
        or_(row.commit_by.is_(None), row.commit_by.between(bindparam("now"), bindparam("soon"))),
    )
    drifted = and_(
        state == State.COMMITTED.value,
        row.recommitted_as.is_(None),
        or_(still_open, row.start_time > send.first_delivery),
    )
    heard = exists().where(evidence.c.distribution == row.id)
    looked_for = exists().where(sighting.c.distribution == row.id)
    problem_code = func.json_extract(send.problem_data, "$.code")
    odd = or_(send.draft, problem_code.in_(sorted(BEARABLE)), reads.UNDECIDED)
    return or_(unfinished, near, drifted, and_(odd, still_open), heard, looked_for)


_UNKNOWN = select(distribution).where(distribution.c.state == State.UNKNOWN.value)
_LATELY = or_(occurrence.c.closed_at.is_(None), occurrence.c.closed_at > bindparam("since"))
_WANTING = (  # an unknown always stands, and is read apart
    select(distribution)
    .join(occurrence, occurrence.c.key == distribution.c.occurrence)
    .where(
        _LATELY,
        distribution.c.state.concat("") != State.UNKNOWN.value,
        _may_want(distribution.c, occurrence.c),
    )
)
_UNCLAIMED = select(occurrence).where(
    occurrence.c.closed_at.is_(None),
    or_(
        reads.UNDECIDED,
        and_(
            occurrence.c.decision == Decision.UNMAPPED.value,
            or_(occurrence.c.audiences != texts(()), occurrence.c.problem.is_not(None)),
        ),
    ),
    ~reads.has_offers(),
)


def wanting(tx: Connection, since: datetime, now: datetime) -> Standing:
    """Return what `reads.standing` does, without the rows of which nothing can want a person.

    It leaves out no row for which `attention.of_row` has anything to tell: a test compares them.
    """
    lately = tx.execute(_WANTING, {"since": since, "now": now, "soon": now + STEPS[-1]})
    offers = [distribution_of(each) for each in (*tx.execute(_UNKNOWN), *lately)]
    bare = [Row(occurrence_of(each), None) for each in tx.execute(_UNCLAIMED)]
    rows = (*reads.rows_of(tx, offers), *bare)
    return reads.standing_of(tx, rows, since)


def claims(tx: Connection, first: int) -> dict[str, Claims]:
    """Return for each rule how many open occurrences it claims or skips, and the first of them."""
    o = occurrence.c
    told = o.decision.in_([Decision.CLAIMED.value, Decision.IGNORED.value])
    ranked = (
        select(
            o.rule,
            o.id,
            o.send_name,
            o.first_delivery,
            func.count().over(partition_by=o.rule).label("number"),
            func.row_number().over(partition_by=o.rule, order_by=o.first_delivery).label("rank"),
        )
        .where(o.closed_at.is_(None), told)
        .subquery()
    )
    found: dict[str, Claims] = {}
    few = select(ranked).where(ranked.c.rank <= first).order_by(ranked.c.rule, ranked.c.rank)
    for row in tx.execute(few):
        known = found.get(row.rule, Claims(row.number))
        claim = Claim(row.id, row.send_name, row.first_delivery)
        found[row.rule] = Claims(row.number, (*known.first, claim))
    return found


def send(tx: Connection, id: str) -> tuple[Row, ...]:
    """Return all lines of the send that a person means by its id or by that of an offer."""
    offered = select(distribution.c.occurrence).where(distribution.c.id == id)
    fits = or_(occurrence.c.id == id, occurrence.c.key.in_(offered))
    row = tx.execute(select(occurrence).where(fits)).one_or_none()
    if row is None:
        return ()
    found = tx.execute(
        select(distribution).where(distribution.c.occurrence == row.key).order_by(distribution.c.id)
    )
    offers = reads.rows_of(tx, [distribution_of(each) for each in found])
    return offers or (Row(occurrence_of(row), None),)
