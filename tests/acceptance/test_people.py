"""What people say, through the console script: an offer made again, a note taken, a fallback."""

import re
from datetime import datetime, timedelta

from tests.support.console import WHY, Shop

PUSH = "Lunch Push"
TWICE = ("ledger", "recommit")


def test_an_offer_is_made_again_after_its_send_moved(live_shop: Shop) -> None:
    shop = live_shop
    shop.once()
    first = shop.id_of(PUSH)
    assert shop.state_of(PUSH) == "committed"
    again = (*TWICE, first, "--cancelled-in-punchh", *WHY)
    said = shop.inside(*TWICE, first, *WHY)
    assert (said.code, "say --cancelled-in-punchh" in said.err) == (2, True)
    said = shop.inside(*again)
    assert said.code == 1
    assert "its send has not moved since the commit" in said.err

    was = datetime.fromisoformat(shop.sends()[PUSH]["scheduled_for"])
    shop.edit_send(PUSH, at=f"{was + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}")
    shop.once()
    attention = shop.inside("status").out
    assert f"recommit {first} --cancelled-in-punchh" in re.sub(r"\s+", " ", attention)
    said = shop.inside("ledger", "ack", first, *WHY)
    assert said.out.startswith(f"acknowledged {first}: the send moved from ")
    noted = shop.inside("status", "--json").json()["attentions"]
    assert [bool(one["acknowledged_by"]) for one in noted if one["id"] == first] == [True]

    said = shop.inside(*again)
    assert said.out.startswith(f"{first} is followed by ")
    assert shop.inside(*again).code == 1
    shop.once()
    assert len(shop.campaigns_of(PUSH)) == 2
    marks = {one.name.rpartition(" ")[2] for one in shop.campaigns_of(PUSH)}
    assert len(marks) == 2
    shop.once()
    assert len(shop.campaigns_of(PUSH)) == 2
    noted = shop.inside("status", "--json").json()["attentions"]
    assert not [one for one in noted if one["id"] == first]


def test_a_broken_folder_falls_back_to_the_set_accepted_last(live_shop: Shop) -> None:
    shop = live_shop
    shop.once()
    good = shop.mapping.read_text(encoding="utf-8")
    shop.mapping.write_text("version: 1\nrules: nonsense\n", encoding="utf-8")
    done = shop.once()
    assert done.code == 1
    assert "mapping files not taken, the set accepted last was in force" in done.out
    assert len(done.named("mappings.invalid")) == 1
    assert "mapping trouble" in shop.inside("status").out
    assert shop.inside("status", "--json").json()["mappings"]["problems"]
    shop.mapping.write_text(good, encoding="utf-8")
    assert not shop.once().named("mappings.invalid")
    assert not shop.inside("status", "--json").json()["mappings"]["problems"]


def test_a_first_start_with_a_broken_folder_is_refused(shop: Shop) -> None:
    shop.inside("init")
    shop.mapping.write_text("version: 1\nrules: nonsense\n", encoding="utf-8")
    assert shop.once().code == 2
