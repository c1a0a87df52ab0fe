"""Who may move a state to which: the table of the design, written out once more."""

from itertools import product

import pytest

from connector.domain.distribution import OPEN, SEALED, Mover, State, after, may_move
from connector.domain.offer import Verdict

SEALS = {State.INTENT, State.UNKNOWN, State.COMMITTED}
RIGHTS: dict[Mover, set[tuple[State, State]]] = {
    Mover.PLAN: set(product(set(State) - SEALS, set(State) - SEALS)),
    Mover.ATTEMPT: {
        (State.WAITING, State.INTENT),
        (State.INTENT, State.COMMITTED),
        (State.INTENT, State.REJECTED),
        (State.INTENT, State.WAITING),
        (State.INTENT, State.UNKNOWN),
    },
    Mover.RECOVERY: {(State.INTENT, State.UNKNOWN)},
    Mover.EVIDENCE: {(State.UNKNOWN, State.COMMITTED)},
    Mover.PERSON: {
        (State.UNKNOWN, State.COMMITTED),
        (State.UNKNOWN, State.WAITING),
        (State.UNKNOWN, State.REJECTED),
        (State.REJECTED, State.WAITING),
    },
}


@pytest.mark.parametrize("mover", list(Mover))
def test_each_mover_has_its_rights_and_no_others(mover: Mover) -> None:
    moves = {pair for pair in product(State, State) if may_move(mover, *pair)}
    assert moves == RIGHTS[mover]


def test_nothing_leaves_committed_and_only_an_attempt_seals() -> None:
    for mover, before, to in product(Mover, State, State):
        if may_move(mover, before, to):
            assert before is not State.COMMITTED
            assert before in SEALS or to not in SEALS or mover is Mover.ATTEMPT


def test_every_state_is_open_or_sealed() -> None:
    assert set(SEALED) == SEALS == {state for state in State if state.sealed}
    assert set(State) == OPEN | SEALED
    assert not OPEN & SEALED


AFTER = {
    Verdict.COMMITTED: State.COMMITTED,
    Verdict.REJECTED: State.REJECTED,
    Verdict.TOO_SOON: State.WAITING,
    Verdict.ACCOUNT: State.WAITING,
    Verdict.THROTTLED: State.WAITING,
    Verdict.NOT_SENT: State.WAITING,
    Verdict.UNKNOWN: State.UNKNOWN,
}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_its_state_and_an_attempt_may_bring_it(verdict: Verdict) -> None:
    assert after(verdict) is AFTER[verdict]
    assert may_move(Mover.ATTEMPT, State.INTENT, after(verdict))
