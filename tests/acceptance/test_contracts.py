"""What scripts rely on: keys, forms of values, exit codes; and that looking changes nothing."""

import json
import re
from typing import Any

from tests.support.console import WHY, Shop

KEYS: list[str] = [
    "id",
    "source",
    "send_id",
    "send_name",
    "scheduled_for",
    "first_delivery",
    "audience",
    "rule",
    "segment",
    "segment_id",
    "redeemable",
    "redeemable_uuid",
    "start_time",
    "commit_by",
    "state",
    "reason",
    "attention",
    "attempts",
    "campaign_id",
    "external_campaign_id",
    "updated_at",
]
SEND_KEYS = ["source", "send_id", "send_name", "decision", "reason"]
TIMES = ("scheduled_for", "first_delivery", "start_time", "commit_by", "updated_at")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ACTIONS = {"commit", "wait", "hold", "block", "skip"}


def _check_row(row: dict[str, Any]) -> None:
    for key in ("id", "source", "send_id", "send_name", "state", "reason"):
        assert isinstance(row[key], str), (key, row)
        assert row[key], (key, row)
    for key in TIMES:
        assert row[key] is None or STAMP.fullmatch(row[key]), (key, row)
    for key in ("segment_id", "campaign_id"):
        assert row[key] is None or isinstance(row[key], int)
    assert isinstance(row["attempts"], int)


def test_the_json_that_scripts_read(live_shop: Shop) -> None:
    shop = live_shop
    planned = shop.ok("plan", "--json").json()
    assert list(planned)[:3] == ["generated_at", "distributions", "sends"]
    assert STAMP.fullmatch(planned["generated_at"])
    assert {row["action"] for row in planned["distributions"]} == ACTIONS
    for row in planned["distributions"]:
        assert list(row)[: len(KEYS) + 1] == [*KEYS, "action"]
        _check_row(row)
    assert len(planned["sends"]) == 20
    for send in planned["sends"]:
        assert list(send)[: len(SEND_KEYS)] == SEND_KEYS
    assert {send["decision"] for send in planned["sends"]} == {"claimed", "ignored", "unmapped"}

    shop.once()
    rows = shop.ok("ledger", "list", "--json").json()
    for row in rows:
        assert list(row)[: len(KEYS)] == KEYS
        _check_row(row)
    by_name = {row["send_name"]: row for row in rows}
    fries = by_name["Friday Fries - Email"]
    (campaign,) = shop.campaigns_of("Friday Fries - Email")
    assert fries["campaign_id"] == campaign.campaign_id
    assert fries["external_campaign_id"] == campaign.external_campaign_id
    assert fries["start_time"] == f"{campaign.start_time:%Y-%m-%dT%H:%M:%SZ}"
    assert (fries["audience"], fries["segment_id"]) == ("VIP Guests", campaign.segment_id)
    teaser = by_name["Spring Teaser"]  # claimed, and no audience: one blocked row
    assert (teaser["state"], teaser["segment"], teaser["audience"]) == ("blocked", None, None)
    ids = {row["id"] for row in planned["distributions"]}
    assert ids == {row["id"] for row in rows if row["redeemable"]}
    shown = shop.ok("ledger", "list", "--state", "held", "--json").json()
    assert {row["state"] for row in shown} == {"held"}


def test_looking_changes_nothing(live_shop: Shop) -> None:
    shop = live_shop
    shop.once()
    before, posts = shop.ledger.read_bytes(), shop.posts()
    id_ = shop.id_of("Taco Tuesday")
    for words in (
        ("plan",),
        ("plan", "--at", "2026-01-01T00:00:00Z", "--json"),
        ("plan", "--format", "markdown"),
        ("explain", "taco  TUESDAY"),
        ("ledger", "show", id_),
        ("mappings", "check", "--live"),
    ):
        done = shop.inside(*words)
        assert (done.code, done.err) == (0, "")
        assert done.out
    assert shop.ledger.read_bytes() == before
    assert shop.posts() == posts


def test_exit_codes_of_a_person_s_word(live_shop: Shop) -> None:
    shop = live_shop
    shop.once()
    rejected, blocked = shop.id_of("Last Call Wings"), shop.id_of("Taco Tuesday")
    exists = "already exists; nothing was changed. Use it, or change ledger.url"
    refused = {
        ("ledger", "show", "nix"): "the ledger has nothing called or numbered “nix”",
        ("ledger", "approve", blocked, *WHY): (
            f"{blocked}: it is blocked, and only what is held can be approved"
        ),
        ("ledger", "resolve", blocked, "--abandon", *WHY): f"{blocked}: it is blocked, not unknown",
        ("init",): f"ledger {shop.ledger}: {exists}",
    }
    for words, told in refused.items():
        done = shop.inside(*words)
        assert (done.code, done.out, done.err) == (1, "", f"connector: {told}\n"), words
    for moment in ("never", "0001-01-01T00:00:00+14:00", ""):
        done = shop.inside("plan", "--at", moment)
        told = (
            f"connector: --at {moment}: is no instant like 2026-12-24T09:00 (by the business's "
            "clock) or 2026-12-24T09:00:00Z\n"
        )
        assert (done.code, done.err) == (2, told)
    for id_ in ("0", "-5", "9" * 30):
        assert shop.inside("ledger", "resolve", blocked, "--committed", id_, *WHY).code == 2
    nothing = shop.inside("ledger", "approve", "--held-by", "cap", *WHY)
    assert (nothing.code, nothing.out) == (0, "nothing is held for “cap”\n")
    none_such = shop.run("explain", "Nothing Of The Kind")
    assert (none_such.code, none_such.err) == (1, "")
    assert none_such.out.startswith("no send is called or numbered “Nothing Of The Kind”")
    assert shop.inside("ledger", "retry", rejected, *WHY).code == 0
    again = shop.once()
    assert again.code == 1  # refused anew
    assert again.out.startswith("rejected  Last Call Wings: ")
    events = shop.inside("ledger", "events", "--json", "--limit", "5").json()
    assert [event["id"] for event in events] == sorted(event["id"] for event in events)
    assert json.dumps(events).count("a test says so") >= 1
