"""Any order of people's verbs and of the world's events: the same invariants after every step."""

import itertools
import os
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from connector.clock import SystemClock
from tests.simulation.draw import READ_TROUBLES, SEAMS
from tests.simulation.seams import seams
from tests.simulation.simulate import Simulation
from tests.simulation.stage import a_place, quietly
from tests.simulation.story import (
    BOOKS,
    REMOTES,
    SCOPES,
    SEGMENTS,
    STARTS,
    Item,
    Story,
    sent,
)
from tests.support.proof import write_table

ROUND = 200
_numbers = itertools.count()
places = st.integers(0, 5)
VERBS = ("approve", "resolve", "abandon", "retry", "recommit", "ack", "rehearse", "adopt")
LOST = ("reset", "silence", "truncate", "html", "garbage", "redirect", "crash", "refused", "delay")


class Machine(RuleBasedStateMachine):
    """A brand of at most six sends, one ledger, and a worker that may die anywhere."""

    steps = 0  # of all examples of this process

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.simulation: Simulation | None = None

    @initialize(start=st.sampled_from(STARTS), gentle=st.booleans())
    def open(self, start: Any, gentle: bool) -> None:
        story = Story(1, start, 30, 300, "wait" if gentle else "unknown", quiet=False, items=())
        folder = self.stack.enter_context(a_place(f"machine-{next(_numbers)}"))
        self.stack.enter_context(quietly())
        self.simulation = Simulation(story, folder)
        self.stack.enter_context(seams(self.simulation.outside, self.simulation.happenings.seam))
        self.simulation.brand.open()
        self._do("live", nothing=True)
        self._do("create", number=0, **sent(0, self.simulation.now, 180, "company", "Taco"))

    def _do(self, what: str, **given: Any) -> None:
        assert self.simulation is not None
        Machine.steps += 1
        self.simulation.happen(Item(0, what, tuple(given.items())))

    @rule(
        number=places,
        minutes=st.sampled_from((40, 160, 190, 2000)),
        timing=st.sampled_from(("company", "local")),
        name=st.sampled_from(("Fries", "Taco", "Meal")),
    )
    def create(self, number: int, minutes: int, timing: str, name: str) -> None:
        assert self.simulation is not None
        if number not in self.simulation.brand.ids:
            made = sent(number, self.simulation.now, minutes, timing, name)
            self._do("create", number=number, **made)

    @rule(number=places, by=st.sampled_from((-180, -20, 3, 60, 1440)))
    def move(self, number: int, by: int) -> None:
        self._do("move", number=number, by=by)

    @rule(number=places, what=st.sampled_from(("cancel", "resume", "hide", "show", "clone")))
    def handle(self, number: int, what: str) -> None:
        self._do(what, number=number)

    @rule(number=places, audience=st.sampled_from(SEGMENTS))
    def retag(self, number: int, audience: str) -> None:
        self._do("retag", number=number, audience=audience)

    @rule(book=st.integers(0, BOOKS - 1))
    def edit_rules(self, book: int) -> None:
        self._do("rules", book=book)

    @rule(how=st.sampled_from(("broken", "empty")))
    def spoil_rules(self, how: str) -> None:
        self._do("spoil_rules", how=how)

    @rule(
        what=st.sampled_from(("twin", "drop", "remake", "relabel")),
        noun=st.sampled_from(("segment", "redeemable")),
        place=st.integers(0, 3),
    )
    def catalog(self, what: str, noun: str, place: int) -> None:
        self._do(what, noun=noun, place=place)

    @rule(kind=st.sampled_from(LOST), after=st.booleans())
    def lose_a_post(self, kind: str, after: bool) -> None:
        self._do("trouble", kind=kind, remote="punchh", method="POST", after=after)

    @rule(
        kind=st.sampled_from(READ_TROUBLES),
        remote=st.sampled_from(("braze_us", "sf_core", "punchh")),
    )
    def lose_a_reading(self, kind: str, remote: str) -> None:
        self._do("trouble", kind=kind, remote=remote, method="GET", times=3)

    @rule(name=st.sampled_from(SEAMS))
    def crash(self, name: str) -> None:
        self._do("seam", name=name)

    @rule(verb=st.sampled_from(VERBS))
    def say(self, verb: str) -> None:
        self._do(verb)

    @rule(nothing=st.booleans())
    def go_live(self, nothing: bool) -> None:
        self._do("live", nothing=nothing)

    @rule(scope=st.sampled_from(SCOPES), minutes=st.sampled_from((None, 30, 300)))
    def pause(self, scope: tuple[str, str], minutes: int | None) -> None:
        self._do("pause", scope=scope[0], name=scope[1], minutes=minutes)

    @rule(scope=st.sampled_from(SCOPES))
    def unpause(self, scope: tuple[str, str]) -> None:
        self._do("unpause", scope=scope[0], name=scope[1])

    @rule(what=st.sampled_from(("refuse_key", "restore_key")), remote=st.sampled_from(REMOTES))
    def key(self, what: str, remote: str) -> None:
        self._do(what, remote=remote)

    @rule(
        what=st.sampled_from(("replace_key", "move_host")),
        remote=st.sampled_from(("braze_us", "punchh")),
    )
    def configure(self, what: str, remote: str) -> None:
        self._do(what, remote=remote)

    @rule(what=st.sampled_from(("restart", "rival", "look", "backup", "restore")))
    def office(self, what: str) -> None:
        self._do(what)

    @rule(seconds=st.sampled_from((-90, 0, 7)))
    def set_the_clock(self, seconds: int) -> None:
        self._do("step", seconds=seconds)

    @rule()
    def poll_at_the_next_instant(self) -> None:
        assert self.simulation is not None
        self.simulation.go_on()

    @rule()
    def poll_again(self) -> None:
        assert self.simulation is not None
        self.simulation.turn()

    @rule(minutes=st.sampled_from((11, 45, 130, 1500)))
    def nobody_polls(self, minutes: int) -> None:
        assert self.simulation is not None
        self.simulation.pass_time(minutes)

    def teardown(self) -> None:
        if self.simulation is not None:
            with self.stack:
                try:
                    self.simulation.afterwards()
                finally:
                    self.simulation.close()


def _run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_order_of_verbs_and_events_breaks_the_promise() -> None:
    _run(30, 50)


@pytest.mark.heavy
@pytest.mark.timeout(0)
def test_no_long_order_of_verbs_and_events_breaks_the_promise() -> None:
    """Play MACHINE_EXAMPLES (20,000) of 100 steps, or as many as MACHINE_BUDGET seconds allow."""
    wanted = int(os.environ.get("MACHINE_EXAMPLES", "20000"))
    budget = float(os.environ.get("MACHINE_BUDGET", "inf"))
    clock, played = SystemClock(), 0
    began = clock.monotonic()
    while played < wanted and clock.monotonic() - began < budget:
        _run(min(ROUND, wanted - played), 100)
        played += min(ROUND, wanted - played)
        seconds = round(clock.monotonic() - began)
        row = (played, Machine.steps, seconds, 0)
        heads = ("orders played", "steps", "seconds", "violations")
        write_table("state_machine", "Any order of verbs and events", heads, [row])
