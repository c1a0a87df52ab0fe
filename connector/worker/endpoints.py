"""What the local endpoints say: is the loop turning, is all well, and the figures."""

from datetime import timedelta

from connector.clock import Clock
from connector.domain.attention import Whom
from connector.domain.policy import Schedule
from connector.render import contract
from connector.render.words import Words
from connector.worker.health import TEXT, Answer, Pages
from connector.worker.metrics import Metrics
from connector.worker.pulse import Pulse
from connector.worker.watch import Watch

POLLS = 3  # a turn, or a look, older than so many polls is too old


def pages(
    watch: Watch, pulse: Pulse, metrics: Metrics, schedule: Schedule, clock: Clock, words: Words
) -> Pages:
    """Return the pages of one worker. None of them reads the ledger: they show the last look."""
    longest = POLLS * schedule.poll_seconds

    def livez() -> Answer:
        still_for = pulse.still_for
        return Answer.told(
            still_for < longest,
            {"alive": still_for < longest, "last_turn_seconds_ago": round(still_for, 1)},
        )

    def readyz() -> Answer:
        problems = not_well(watch, clock, timedelta(seconds=longest), words)
        view = watch.view
        return Answer.told(
            not problems,
            {
                "ready": not problems,
                "problems": problems,
                "as_of": contract.stamp(view.at if view else None),
                "attentions": [contract.attention(one, words) for one in view.attentions]
                if view
                else [],
            },
        )

    def figures() -> Answer:
        return Answer(200, TEXT, metrics.page(watch.view))

    return {"/livez": livez, "/readyz": readyz, "/metrics": figures}


def not_well(watch: Watch, clock: Clock, longest: timedelta, words: Words) -> list[str]:
    """Say why the worker is not ready: its own troubles, and what wants its operators.

    What wants marketers keeps no worker from its work.
    """
    view = watch.view
    if view is None:
        return ["no cycle has ended yet"]
    found = []
    if not watch.good:
        found.append("the last cycle failed: the log says why (cycle.failed, watch.failed)")
    if clock.now() - view.at > longest:
        found.append(f"the last look at the ledger is of {words.local(view.at)}")
    operators = (one for one in view.open if one.whom is Whom.OPERATORS)
    return found + [f"{one.about}: {words.whole(one.reason, one.subject)}" for one in operators]
