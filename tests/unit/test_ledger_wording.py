"""A reason comes back from the ledger with each of its facts as it was."""

from hypothesis import given

from connector.domain.reasons import Reason
from connector.ledger.wording import decoded, encoded
from tests.support.ledger import wide_reasons


@given(wide_reasons)
def test_every_fact_comes_back(found: Reason) -> None:
    assert decoded(encoded(found)) == found
