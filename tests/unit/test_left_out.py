"""Kinds of send that an account does not show: told where a rule may be waiting for one."""

from dataclasses import replace
from typing import Any

import pytest

from connector.domain.attention import Whom
from connector.domain.attentions import attentions
from connector.domain.left_out import left_out, wanted_by
from connector.domain.policy import Schedule
from connector.domain.standing import RemoteNote, Standing
from tests.support.planning import NOW, book, rule

KINDS = {"sf_core": frozenset({"list_email", "flow"}), "braze_us": frozenset({"campaign"})}
READ = RemoteNote("sf_core", NOW, NOW, kinds=frozenset({"list_email"}))
MATCHES: list[tuple[dict[str, Any], bool, bool]] = [
    ({"send": "Win-back*"}, True, False),
    ({"source": "sf_core"}, True, False),
    ({"source": "sf*", "kind": "flow"}, True, True),
    ({"kind": "fl*"}, True, True),
    ({"kind": "list_email"}, False, False),
    ({"source": "braze_us"}, False, False),
    ({"source": "braze_us", "kind": "flow"}, False, False),
]


@pytest.mark.parametrize(("match", "wanted", "named"), MATCHES)
def test_which_rules_may_wait_for_a_kind(match: Any, wanted: bool, named: bool) -> None:
    found = wanted_by(book(rule("winback", match=match)), "sf_core", "flow")
    assert found.rules == (("winback",) if wanted else ())
    assert found.named is named


def test_a_rule_that_skips_what_it_matches_waits_for_nothing() -> None:
    skip = rule("skip", match={"kind": "flow"}, ignore="no", redeemable=None, segment=None)
    assert wanted_by(book(skip), "sf_core", "flow").rules == ()


@pytest.mark.parametrize(
    ("note", "kinds"),
    [
        (READ, ["flow"]),
        (replace(READ, kinds=frozenset()), ["flow", "list_email"]),
        (replace(READ, kinds=KINDS["sf_core"]), []),
        (replace(READ, last_good_at=None), []),  # it was never read at all: that is told otherwise
        (None, []),
    ],
)
def test_a_kind_that_was_never_read_is_left_out(note: RemoteNote | None, kinds: list[str]) -> None:
    remotes = {"sf_core": note} if note else {}
    assert [one.kind for one in left_out(remotes, KINDS, book(rule()))] == kinds
    assert left_out(remotes, KINDS, None) == ()


@pytest.mark.parametrize(
    ("match", "codes"), [({"kind": "flow"}, ["kind-left-out"]), ({"send": "*"}, [])]
)
def test_somebody_is_wanted_where_a_rule_asks_for_it_by_name(match: Any, codes: list[str]) -> None:
    standing = Standing(remotes={"sf_core": READ})
    unread = left_out(standing.remotes, KINDS, book(rule("winback", match=match)))
    found = attentions(standing, Schedule(), NOW, left_out=unread)
    assert [one.reason.code for one in found] == codes
    assert all(one.whom is Whom.OPERATORS and one.about == "sf_core" for one in found)
