"""The tables themselves: nothing stands twice, and every row says where it comes from."""

import re

import pytest

from tests.contract import facts_braze, facts_punchh, facts_salesforce
from tests.contract.facts_punchh_guests import GUEST_FACTS
from tests.contract.rows import Fact

FACTS = (*facts_punchh.FACTS, *GUEST_FACTS, *facts_braze.FACTS, *facts_salesforce.FACTS)


def test_every_id_is_unique() -> None:
    ids = [fact.id for fact in FACTS]
    assert len(ids) == len(set(ids))
    assert len(facts_punchh.FACTS) >= 90
    assert len(facts_braze.FACTS) >= 50
    assert len(facts_salesforce.FACTS) >= 45


@pytest.mark.parametrize("fact", [pytest.param(fact, id=fact.id) for fact in FACTS])
def test_a_row_names_its_section_and_its_confidence(fact: Fact) -> None:
    found = re.fullmatch(r"(punchh|braze|salesforce) §(\d+(\.\d+)?b?)", fact.section)
    assert found
    number = re.escape(found[2]) + ("" if "." in found[2] else r"(\.\d+)?")
    assert re.match(rf"{found[1]}-{number}-[a-z0-9_-]+$", fact.id)
    assert fact.confidence in ("CONFIRMED", "INFERRED")
    assert fact.told.endswith(".")
    assert fact.simulated or fact.ours is not None
