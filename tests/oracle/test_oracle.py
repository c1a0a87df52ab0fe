"""No guest reads a message before the offer is there, unless somebody was told beforehand."""

import os
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.oracle.history import IN_BRAZE, IN_SALESFORCE, History, histories
from tests.oracle.judge import judge
from tests.oracle.walk import walk
from tests.support.proof import write_sums

SCHEDULES = {name: (name,) for name in IN_BRAZE} | {"salesforce": IN_SALESFORCE}


def _judged(examples: int, of: Sequence[str]) -> Counter[str]:
    """Walk so many histories; AssertionError with the smallest one that breaks the promise."""
    sums = Counter[str]()

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    @given(histories(of))
    def walk_one(history: History) -> None:
        evidence = walk(history)
        verdict = judge(evidence)
        assert not verdict.wrong, "\n".join(verdict.wrong[:6])
        sums.update(histories=1, polls=len(evidence.polls), messages=verdict.messages)
        sums.update(in_order=verdict.in_order, told_of=verdict.told_of)
        sums.update(unknowable=verdict.unknowable)

    walk_one()
    return sums


@pytest.mark.timeout(300)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_guest_reads_a_message_before_its_offer_untold(schedule: str) -> None:
    sums = _judged(40, SCHEDULES[schedule])
    assert min(sums["in_order"], sums["told_of"], sums["unknowable"]) > 0
    assert sums["messages"] == sums["in_order"] + sums["told_of"] + sums["unknowable"]


@pytest.mark.heavy
@pytest.mark.timeout(0)
def test_no_guest_of_many_histories_does() -> None:
    sums = _judged(int(os.environ.get("ORACLE_HISTORIES", "5000")), (*IN_BRAZE, *IN_SALESFORCE))
    write_sums("oracle", sums)
