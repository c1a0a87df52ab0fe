"""The simulation notices each way in which the protocol could be broken."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.simulation import sabotage
from tests.simulation.draw import story
from tests.simulation.run import kind_of
from tests.simulation.shrink import shrink
from tests.simulation.simulate import simulate
from tests.simulation.story import STARTS, Item, Story, item, sent

Sabotage = Callable[[], AbstractContextManager[Any]]


def _directed(poll_seconds: int, *items: Item) -> Story:
    """Return a story of one send, due 200 minutes from the start."""
    create = item(0, "create", number=0, **sent(0, STARTS[3], 200))
    return Story(2, STARTS[3], 1, poll_seconds, "wait", quiet=False, items=(create, *items))


LOST = _directed(300, item(1, "trouble", kind="reset", remote="punchh", method="POST", after=True))
CRASHED = _directed(
    300, item(1, "trouble", kind="crash", remote="punchh", method="POST", after=True)
)
# Moved away while nobody watched: from outside it looks as if it had fired.
UNSEEN = _directed(60, item(185, "outage", minutes=30), item(190, "move", number=0, by=90))
# The same, but shown shortly before its time, when it had not moved yet.
UNSEEN_LATE = _directed(600, item(190, "outage", minutes=12), item(191, "move", number=0, by=90))
# Moved away by a day, and the one poll that saw it died before it wrote that down.
UNWRITTEN = _directed(
    300,
    item(195, "move", number=0, by=1440),
    item(195.5, "seam", name="record.before"),
    item(197.2, "outage", minutes=30),
)
BITES = {
    "begin skipped": (sabotage.begin_skipped, LOST, "I6"),
    "retry on unknown": (sabotage.unknown_retried, LOST, "I"),
    "orphans back to waiting": (sabotage.orphans_waiting, CRASHED, "I5"),
    "doubt never raised": (sabotage.never_doubting, UNSEEN, "I1 one gift"),
    "doubt never raised, late": (sabotage.never_doubting, UNSEEN_LATE, "I1 one gift"),
    "poll noted before record": (sabotage.noted_before_recorded, UNWRITTEN, "I1 one gift"),
}


@pytest.mark.parametrize("name", BITES)
def test_a_broken_protocol_is_noticed(name: str) -> None:
    broken, directed, invariant = BITES[name]
    assert simulate(directed).broken == ""
    assert simulate(directed, broken).broken.startswith(invariant)


@pytest.mark.parametrize(
    ("broken", "seeds"),
    [
        (sabotage.begin_skipped, range(2, 4)),
        (sabotage.unknown_retried, range(9, 12)),
        (sabotage.orphans_waiting, range(2, 4)),
    ],
)
def test_a_drawn_seed_notices_it_too(broken: Sabotage, seeds: range) -> None:
    assert any(simulate(story(seed), broken).broken for seed in seeds)


def test_a_failing_story_shrinks_to_what_matters() -> None:
    noise = (item(30, "rename", number=5, name="x"), item(40, "look"), item(300, "approve"))
    story = _directed(300, *CRASHED.items[1:], *noise)
    kind = kind_of(simulate(story, sabotage.orphans_waiting).broken)

    def fails(candidate: Story) -> bool:
        return kind_of(simulate(candidate, sabotage.orphans_waiting).broken) == kind

    small = shrink(story, fails, tries=25)
    assert [item.what for item in small.items] == ["create", "trouble"]
