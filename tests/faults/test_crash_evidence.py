"""The worker dies while it takes in evidence: nothing is lost, given twice, or told twice."""

import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.cli.verbs.sandbox import PROOF
from connector.domain.evidence import GiftEvent
from connector.ledger import Ledger
from connector.ledger.verify import verify
from connector.points import Point
from tests.support.console import Shop, opened
from tests.support.crashes import PROVING

SEND = "Friday Fries - Email"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Return a shop whose reply was lost, and whose webhook and canary since saw the gift."""
    with opened(tmp_path_factory.mktemp("told") / "shop") as shop:
        shop.live()
        shop.config.write_text(shop.config.read_text() + PROOF)
        for name in set(shop.sends()) - {SEND}:
            shop.cancel_send(name)
        shop.fault("reset", method="POST", after=True)
        assert shop.once().code == 1
        assert shop.state_of(SEND) == "unknown"
        shop.age(commit_after=-timedelta(seconds=1))
        shop.begin_campaigns()
        (campaign,) = shop.campaigns()
        with Ledger.open(f"sqlite:///{shop.ledger}") as ledger:
            now = datetime.now(UTC)
            mark = str(campaign.external_campaign_id)
            ledger.hear(GiftEvent("e-1", now, mark, campaign.campaign_id), at=now)
        yield shop


@pytest.mark.parametrize("at", [one for one in Point if one in PROVING])
def test_a_worker_killed_over_evidence_takes_it_in_at_its_next_start(
    told: Shop, tmp_path: Path, at: Point
) -> None:
    folder = shutil.copytree(told.folder, tmp_path / "shop")
    shop = replace(told, folder=folder)
    killed = shop.run("run", "--once", more={"POINTS_KILL": f"{at.value}:1"})
    assert killed.code == -signal.SIGKILL
    assert shop.once().code == 0
    (campaign,) = shop.campaigns()
    found = shop.query("SELECT state, campaign_id FROM distribution WHERE attempts > 0")
    assert found == [("committed", campaign.campaign_id)]
    verbs = [verb for (verb,) in shop.query("SELECT verb FROM event")]
    assert [verbs.count(verb) for verb in ("gift.heard", "evidenced", "gift.seen")] == [1, 1, 1]
    assert verify(shop.ledger) == ()
