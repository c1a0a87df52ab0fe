"""Rehearsal and live: who may post, and when."""

from tests.support.console import WHY, Shop


def test_a_rehearsal_posts_nothing_and_plan_writes_nothing(shop: Shop) -> None:
    shop.inside("init")
    done = shop.ok("run", "--once")
    assert done.out.splitlines() == [
        "2 sources, 20 sends, 0 committed (rehearsal, nothing is posted)"
    ]
    assert shop.posts() == 0
    before, states = shop.ledger.read_bytes(), shop.states()
    assert states["Lunch Push", "Lunch Regulars"] == ("held", "rehearsal")
    planned = shop.inside("plan")
    assert planned.out.splitlines()[-1] == (
        "rehearsal: nothing is posted; `connector live` ends it"
    )
    assert planned.err == ""
    assert shop.ledger.read_bytes() == before
    assert shop.states() == states
    assert shop.posts() == 0


def test_live_wants_to_know_how_punchh_reads_start_times(shop: Shop) -> None:
    shop.inside("init")
    shop.configure('campaign_clock = "utc"\n', "")
    done = shop.inside("live")
    assert done.code == 2
    assert done.out.startswith("How to find out which clock Punchh starts campaigns by:\n  1. In ")
    assert len(done.out.splitlines()) == 6
    assert done.err == (
        'connector: config/connector.toml: punchh.campaign_clock is not set: "utc" if Punchh '
        'starts a campaign at the instant it was given, "business" if at that wall clock in the '
        "business's zone; the README's day-one checks tell how to find out\n"
    )
    assert shop.query("SELECT rehearsal FROM ledger") == [(1,)]


def test_live_alone_holds_what_may_have_been_given_and_a_person_frees_it(shop: Shop) -> None:
    shop.inside("init")
    shop.inside("live")
    shop.ok("run", "--once")
    states = shop.states()
    assert states["Lunch Push", "Lunch Regulars"] == ("held", "before-live")
    assert states["Holiday Shake", "All Rewards Members"] == ("waiting", "window")
    assert shop.posts() == 0

    approved = shop.id_of("Lunch Push")
    said = shop.inside("ledger", "approve", approved, *WHY).out
    assert said == (
        f"approved {approved}: Lunch Combo Upgrade to Lunch Regulars; the next cycle takes it up\n"
    )
    done = shop.ok("run", "--once")
    assert done.out.splitlines()[-1] == "2 sources, 20 sends, 1 committed (live)"
    assert [one.name.partition(" - ")[0] for one in shop.campaigns()] == ["Lunch Push"]

    shop.inside("rehearse")
    shop.make_send(
        name="Lunch Late", tags=["punchh:segment=Taco Lovers"], at=shop.sends()["Two Cities"][
            "scheduled_for"
        ]
    )  # fmt: skip
    shop.ok("run", "--once")
    assert shop.states()["Lunch Late", "Taco Lovers"] == ("held", "rehearsal")
    assert shop.posts() == 1


def test_an_approval_is_bound_to_the_segment_it_was_given_for(shop: Shop) -> None:
    shop.inside("init")
    shop.inside("live")
    shop.ok("run", "--once")
    approved = shop.id_of("Lunch Push")
    shop.inside("ledger", "approve", approved, *WHY)
    text = shop.mapping.read_text(encoding="utf-8")
    changed = text.replace("(Braze): Lunch Regulars", "(Braze): Taco Lovers")
    assert changed != text
    shop.mapping.write_text(changed, encoding="utf-8")
    shop.ok("run", "--once")
    assert shop.states()["Lunch Push", "Taco Lovers"] == ("held", "before-live")
    assert shop.posts() == 0
