"""Punchh's edge and lists, as facts: punchh §1-§3 and §8 tell them."""

from functools import partial
from typing import Any

from tests.contract.facts_punchh_campaigns import COMMITS
from tests.contract.facts_punchh_envelopes import ENVELOPES
from tests.contract.facts_punchh_refusals import REFUSALS
from tests.contract.punchh_world import (
    FEATURE_OFF,
    NO_PERMISSION,
    REDEEMABLES,
    SEGMENTS,
    SIGN_IN,
    redeemable,
    redeemable_row,
    segment,
    segment_row,
)
from tests.contract.rows import Ask, Fact, Failed, Listed

TWELVE = tuple(segment(id=100 + n, name=f"Segment {n}") for n in range(12))
TWELVE_GIFTS = tuple(redeemable(id=100 + n, uuid=f"uuid-{n}", name=f"Gift {n}") for n in range(12))
TACO = segment(id=7, name="Taco Lovers", description="guests of the north")
MAIL = segment(id=8, name="VIP @ Home")
SALSA = redeemable(id=9, uuid="u-9", name="Free Taco", description="with salsa")
ENDED = redeemable(id=4, uuid="u-4", name="Old Fries", status="expired")


def segments_of(*numbers: int) -> list[Any]:
    return [segment_row(TWELVE[n]) for n in numbers]


def gifts_of(*numbers: int) -> list[Any]:
    return [redeemable_row(TWELVE_GIFTS[n]) for n in numbers]


def read(*rows: dict[str, Any]) -> Listed:
    return Listed(
        items=tuple((r.get("segment_id") or r["redeemable_uuid"], r["name"]) for r in rows),
        more=([],) if rows else (),
        requests=2 if rows else 1,
    )


_segments = partial(Fact, section="punchh §2", confidence="CONFIRMED")
_redeemables = partial(Fact, section="punchh §3", confidence="CONFIRMED")
NEWEST_TEN = segments_of(*range(11, 1, -1))
NEWEST_GIFTS = gifts_of(*range(11, 1, -1))

SEGMENT_FACTS = (
    _segments(
        id="punchh-2-default-page-size",
        told="Ten rows come when no per_page is sent, the newest first.",
        world=TWELVE,
        ask=Ask(path=SEGMENTS),
        body=NEWEST_TEN,
        ours=read(*NEWEST_TEN),
    ),
    _segments(
        id="punchh-2-one-based-pages",
        confidence="INFERRED",
        told="Pages are counted from 1.",
        world=TWELVE,
        ask=Ask(path=SEGMENTS, params={"page": 2, "per_page": 2}),
        body=segments_of(9, 8),
        ours=read(*segments_of(9, 8)),
    ),
    _segments(
        id="punchh-2-large-page",
        told="A per_page of 20000 is not rejected.",
        world=TWELVE[:2],
        ask=Ask(path=SEGMENTS, params={"page": 1, "per_page": 20000}),
        body=segments_of(1, 0),
        ours=read(*segments_of(1, 0)),
    ),
    _segments(
        id="punchh-2-clamped-page",
        confidence="INFERRED",
        told="A large per_page may be cut silently: a short page is not the last.",
        world=TWELVE[:5],
        switches={"punchh.clamp": 2},
        ask=Ask(path=SEGMENTS, params={"page": 1, "per_page": 200}),
        body=segments_of(4, 3),
        ours=Listed(
            items=tuple((100 + n, f"Segment {n}") for n in (4, 3, 2, 1, 0)),
            more=(segments_of(2, 1), segments_of(0), []),
            requests=4,
        ),
    ),
    _segments(
        id="punchh-2-past-end-empty",
        confidence="INFERRED",
        told="A page past the end is an empty array.",
        world=TWELVE[:2],
        ask=Ask(path=SEGMENTS, params={"page": 2, "per_page": 200}),
        body=[],
        ours=read(),
    ),
    _segments(
        id="punchh-8.11-past-end-repeats",
        section="punchh §8",
        confidence="INFERRED",
        told="A page past the end may be the last one again: it ends the list and adds nothing.",
        world=TWELVE[:2],
        switches={"punchh.past_end": "repeat_last"},
        ask=Ask(path=SEGMENTS, params={"page": 2, "per_page": 200}),
        body=segments_of(1, 0),
        ours=Listed(items=read(*segments_of(1, 0)).items, more=(segments_of(1, 0),), requests=2),
    ),
    _segments(
        id="punchh-2-query-on-name",
        told="The filter is a part of the name.",
        world=(TACO, MAIL),
        ask=Ask(path=SEGMENTS, params={"query": "Taco"}),
        body=[segment_row(TACO)],
        ours=read(segment_row(TACO)),
    ),
    _segments(
        id="punchh-8.10-query-not-on-description",
        section="punchh §8",
        told="The filter does not see a segment's description.",
        world=(TACO, MAIL),
        ask=Ask(path=SEGMENTS, params={"query": "guests of"}),
        body=[],
        ours=read(),
    ),
    _segments(
        id="punchh-2-query-at-sign",
        told="An @ in the filter is an @.",
        world=(TACO, MAIL),
        ask=Ask(path=SEGMENTS, params={"query": "@"}),
        body=[segment_row(MAIL)],
        ours=read(segment_row(MAIL)),
    ),
    _segments(
        id="punchh-2-query-any-case",
        confidence="INFERRED",
        told="The filter does not mind the case.",
        world=(TACO, MAIL),
        ask=Ask(path=SEGMENTS, params={"query": "tACO"}),
        body=[segment_row(TACO)],
        ours=read(segment_row(TACO)),
    ),
    _segments(
        id="punchh-8.5-array-and-fields",
        section="punchh §8",
        told="The list is a bare array; a row tells no size, no members, no creation time.",
        world=(TACO,),
        ask=Ask(path=SEGMENTS),
        body=[
            {
                "segment_id": 7,
                "name": "Taco Lovers",
                "description": "guests of the north",
                "segment_type": "GuestProfileSegmentDefinition",
                "user_type": "loyalty_user",
                "membership_level": None,
            }
        ],
        ours=Listed(items=((7, "Taco Lovers"),)),
    ),
    _segments(
        id="punchh-2-segment-types",
        told="segment_type is an open set: GenericSegmentDefinition too.",
        world=(segment(id=1, name="All Signed Up", segment_type="GenericSegmentDefinition"),),
        ask=Ask(path=SEGMENTS),
        body=[
            segment_row(
                segment(id=1, name="All Signed Up", segment_type="GenericSegmentDefinition")
            )
        ],
        ours=Listed(items=((1, "All Signed Up"),)),
    ),
    _segments(
        id="punchh-8.2-params-in-body",
        section="punchh §8",
        confidence="INFERRED",
        told="A JSON body on the GET is read like the query string.",
        world=TWELVE,
        ask=Ask(path=SEGMENTS, json={"page": 1, "per_page": 2}),
        body=segments_of(11, 10),
        ours=read(*segments_of(11, 10)),
    ),
    _segments(
        id="punchh-8.12-per-is-nothing",
        section="punchh §8",
        told="The page size is per_page here, not per.",
        world=TWELVE,
        ask=Ask(path=SEGMENTS, params={"per": 2}),
        body=NEWEST_TEN,
        ours=read(*NEWEST_TEN),
    ),
    _segments(
        id="punchh-2-same-name-twice",
        confidence="INFERRED",
        told="Nothing says that names are unique: both rows come.",
        world=(segment(id=5, name="VIP"), segment(id=6, name="VIP")),
        ask=Ask(path=SEGMENTS),
        body=[segment_row(segment(id=n, name="VIP")) for n in (6, 5)],
        ours=Listed(items=((6, "VIP"), (5, "VIP"))),
    ),
    _segments(
        id="punchh-2-401",
        told="A wrong key is 401 with one known body.",
        ask=Ask(path=SEGMENTS, key=False),
        status=401,
        body=SIGN_IN,
        ours=Failed(account=True),
    ),
    _segments(
        id="punchh-2-403",
        confidence="INFERRED",
        told="An admin without dashboard access is 403 here too.",
        switches={"punchh.dashboard_access": False},
        ask=Ask(path=SEGMENTS),
        status=403,
        body=NO_PERMISSION,
        ours=Failed(account=True),
    ),
)

REDEEMABLE_FACTS = (
    _redeemables(
        id="punchh-3-default-page-size",
        told="Ten rows come when no per_page is sent.",
        world=TWELVE_GIFTS,
        ask=Ask(path=REDEEMABLES),
        body=NEWEST_GIFTS,
        ours=read(*NEWEST_GIFTS),
    ),
    _redeemables(
        id="punchh-3-per-page",
        told="per_page=2 gives two rows.",
        world=TWELVE_GIFTS,
        ask=Ask(path=REDEEMABLES, params={"per_page": 2}),
        body=gifts_of(11, 10),
        ours=read(*gifts_of(11, 10)),
    ),
    _redeemables(
        id="punchh-3-page-as-text",
        confidence="INFERRED",
        told="Numbers may be quoted.",
        world=TWELVE_GIFTS,
        ask=Ask(path=REDEEMABLES, json={"page": "2", "per_page": "2"}),
        body=gifts_of(9, 8),
        ours=read(*gifts_of(9, 8)),
    ),
    _redeemables(
        id="punchh-3-query-exact-name",
        told="A whole long name finds exactly one row.",
        world=(SALSA, ENDED),
        ask=Ask(path=REDEEMABLES, params={"query": "Free Taco"}),
        body=[redeemable_row(SALSA)],
        ours=read(redeemable_row(SALSA)),
    ),
    _redeemables(
        id="punchh-3-query-on-description",
        confidence="INFERRED",
        told="The filter sees a redeemable's description, as documented.",
        world=(SALSA, ENDED),
        ask=Ask(path=REDEEMABLES, params={"query": "salsa"}),
        body=[redeemable_row(SALSA)],
        ours=read(redeemable_row(SALSA)),
    ),
    _redeemables(
        id="punchh-3-fields-without-state",
        told="A row tells neither status nor expiry; a uuid is an opaque text.",
        world=(redeemable(id=20473, uuid="ab" * 20, name="Fries", description="medium"),),
        ask=Ask(path=REDEEMABLES),
        body=[
            {
                "redeemable_id": 20473,
                "redeemable_uuid": "ab" * 20,
                "name": "Fries",
                "description": "medium",
                "redeemable_image_url": "https://images.example.com/20473.png",
            }
        ],
        shaped=frozenset({"redeemable_image_url"}),
        ours=Listed(items=(("ab" * 20, "Fries"),)),
    ),
    _redeemables(
        id="punchh-3-ineligible-are-listed",
        confidence="INFERRED",
        told="What cannot be given out stands in the list like everything else.",
        world=(ENDED, redeemable(id=5, uuid="u-5", name="Off", status="deactivated")),
        ask=Ask(path=REDEEMABLES),
        body=[redeemable_row(redeemable(id=5, uuid="u-5", name="Off")), redeemable_row(ENDED)],
        ours=Listed(items=(("u-5", "Off"), ("u-4", "Old Fries"))),
    ),
    _redeemables(
        id="punchh-3-401",
        told="A wrong key is 401.",
        ask=Ask(path=REDEEMABLES, key=False),
        status=401,
        body=SIGN_IN,
        ours=Failed(account=True),
    ),
    _redeemables(
        id="punchh-3-403",
        told="An admin without dashboard access is 403.",
        switches={"punchh.dashboard_access": False},
        ask=Ask(path=REDEEMABLES),
        status=403,
        body=NO_PERMISSION,
        ours=Failed(account=True),
    ),
    _redeemables(
        id="punchh-3-feature-off",
        told="Without external distribution the list is 422.",
        switches={"punchh.distribution": False},
        ask=Ask(path=REDEEMABLES),
        status=422,
        body={"errors": {"disabled_feature": FEATURE_OFF}},
        ours=Failed(account=True),
    ),
    _redeemables(
        id="punchh-8.8-feature-off-stray-space",
        section="punchh §8",
        told="The key of that refusal has a stray space in the vendor's document.",
        switches={"punchh.distribution": False, "punchh.stray_space_key": True},
        ask=Ask(path=REDEEMABLES),
        status=422,
        body={"errors": {"disabled _feature": FEATURE_OFF}},
        ours=Failed(account=True),
    ),
)

FACTS = (*SEGMENT_FACTS, *REDEEMABLE_FACTS, *COMMITS, *REFUSALS, *ENVELOPES)
