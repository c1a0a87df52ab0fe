"""What a held offer tells: which guard, its numbers, and the other offer's name."""

from datetime import timedelta

from connector.domain.plan import Action, Plan
from tests.support.planning import NOW, book, catalog, hours, known, plan, policy, poll, rule, send
from tests.support.words import in_words

NAMES = ("a", "b", "c")
LISTS = catalog([(n, name) for n, name in enumerate(NAMES, 1)])
EACH = book(*(rule(name, match={"send": f"Send {name}"}, segment=name.upper()) for name in NAMES))


def _told(made: Plan) -> set[str]:
    assert {planned.action for _, planned in made.planned()} == {Action.HOLD}
    return {in_words(planned.distribution.reason) for _, planned in made.planned()}


def test_a_cap_tells_its_numbers() -> None:
    sends = poll(*(send(name, hours(2)) for name in NAMES))
    by = policy(safety={"max_commits_per_cycle": 2})
    assert _told(plan(known(), sends, rules=EACH, by=by, lists=LISTS)) == {
        "3 commits at once are more than safety.max_commits_per_cycle = 2 allows; none was made"
    }
    by = policy(safety={"max_commits_per_day": 4})
    made = plan(known(given_today=4), sends, rules=EACH, by=by, lists=LISTS)
    assert _told(made) == {
        "it would be more than safety.max_commits_per_day = 4 allows within 24 hours"
    }


def test_the_same_offer_names_the_other_send() -> None:
    late = send("0", NOW + timedelta(minutes=1))  # missed, and first in order
    made = plan(known(), poll(late, send("a", hours(2)), send("b", hours(3))))
    rows = {entry.occurrence.send.send_id: planned for entry, planned in made.planned()}
    other = rows["a"].distribution.id
    assert rows["b"].action is Action.HOLD
    assert in_words(rows["b"].distribution.reason) == (
        f"the same segment gets the same offer with “Send a” ({other}) less than 1d apart"
    )
