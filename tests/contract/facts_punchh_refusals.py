"""Orders that Punchh refuses, each with its literal body (facts: punchh §4.3, §4.5, §8)."""

from dataclasses import replace
from functools import partial
from typing import Any

from tests.contract.punchh_world import (
    FEATURE_OFF,
    FRIES,
    NO_PERMISSION,
    SIGN_IN,
    VIP,
    accepted,
    commit,
    order,
    redeemable,
    refused,
    segment,
)
from tests.contract.rows import Ask, Fact, Made

TOO_SOON = "Campaign start time should be at least 15 ahead from now."
BEFORE = "2026-03-02T18:35:59Z"
AFTER_EXPIRY = "Start time should be less than or equal to redeemable effective expiry time."
_refused = partial(refused, section="punchh §4.3", code="rejected")
_422 = partial(_refused, status=422)
_account = partial(commit, section="punchh §4.3", ours=Made(verdict="account", code="account"))
_off = Made(verdict="account", code="feature-off")


def _missing(name: str, *, blank: bool = False) -> Fact:
    how = "empty" if blank else "missing"
    sure = not (blank and name == "start_time")
    return _refused(
        f"punchh-4.3-{how}-{name}",
        f"{name} {how} is 400.",
        order(**{name: "" if blank else None}),
        400,
        {"error": f"Required parameter missing or the value is empty: {name}"},
        confidence="CONFIRMED" if sure else "INFERRED",
    )


REQUIRED = ("redeemable_uuid", "segment_id", "category", "campaign_type", "start_time")
MISSING = tuple(_missing(name, blank=blank) for name in REQUIRED for blank in (False, True))


def _invalid(id: str, told: str, ask: Ask, key: str, text: str, **more: Any) -> Fact:
    return _422(f"punchh-4.3-{id}", told, ask, body={"errors": {key: text}}, **more)


_redeemable = partial(
    _invalid, key="invalid_redeemable", text="Invalid redeemable uuid.", code="no-redeemable"
)
_segment = partial(_invalid, key="invalid_segment", text="Invalid segment id.", code="no-segment")
_category = partial(_invalid, key="invalid_category", text="Invalid category.")
_type = partial(_invalid, key="invalid_campaign_type", text="Invalid campaign type.")
_soon = partial(
    _invalid,
    key="invalid_start_time",
    text=TOO_SOON,
    ours=Made(verdict="too_soon", code="start-too-soon"),
)


def _in_state(**fields: Any) -> dict[str, Any]:
    return {"world": (VIP, redeemable(**{**FRIES, **fields}))}


INVALID = (
    _redeemable("unknown-uuid", "An unknown uuid.", order(redeemable_uuid="nobody")),
    _redeemable(
        "draft", "A draft redeemable is an unknown one.", order(), **_in_state(status="draft")
    ),
    _redeemable(
        "foreign-redeemable",
        "Another business's redeemable is an unknown one.",
        order(),
        **_in_state(status="foreign"),
    ),
    _segment("unknown-segment", "An unknown segment.", order(segment_id=1)),
    _segment(
        "foreign-segment",
        "Another business's segment is an unknown one.",
        order(),
        world=(segment(**{**VIP, "foreign": True}), FRIES),
    ),
    _category("gift-currency", "Only gift_redeemable is taken.", order(category="gift_currency")),
    _category("no-gift", "no_gift is refused.", order(category="no_gift")),
    _category(
        "gift-fixed-point",
        "gift_fixed_point is documented as not supported.",
        order(category="gift_fixed_point"),
        confidence="INFERRED",
    ),
    _type("giftbearing", "Only mass_gifting is taken.", order(campaign_type="giftbearing")),
    _type("type-abc", "An unknown type is refused.", order(campaign_type="abc")),
    _soon("start-now", "A start at once is too soon.", order(start_time="2026-03-02T12:00:00Z")),
    _soon(
        "start-past", "A start in the past is too soon.", order(start_time="2026-03-01T12:00:00Z")
    ),
    _soon(
        "start-14-minutes",
        "14 minutes ahead is too soon.",
        order(start_time="2026-03-02T12:14:00Z"),
        confidence="INFERRED",
    ),
)

STATES = (
    _422("punchh-4.3-name-missing", "A name is needed, and its refusal is no 400.",
         order(name=None), body={"errors": "Name can't be blank"}),
    _422("punchh-4.3-name-empty", "An empty name is refused alike.",
         order(name=""), body={"errors": "Name can't be blank"}),
    _422("punchh-4.3-deactivated", "A deactivated redeemable is told in a plain text.",
         order(), body={"errors": "Redeemable is deactivated."}, code="redeemable-deactivated",
         **_in_state(status="deactivated")),
    _422("punchh-4.3-scheduled", "A redeemable whose own start lies ahead.",
         order(), body={"errors": "Redeemable is scheduled."}, code="redeemable-scheduled",
         **_in_state(status="scheduled")),
    _422("punchh-4.3-expired", "An expired redeemable: status and shape are sure, the text is not.",
         order(), body={"errors": "Redeemable is expired."}, code="redeemable-expired",
         confidence="INFERRED", **_in_state(status="expired")),
    _422("punchh-8.9-expired-in-other-words", "Any text that tells of expiry is one.",
         order(), body={"errors": "This redeemable has Expired"}, code="redeemable-expired",
         confidence="INFERRED", section="punchh §8", simulated=False),
    _422("punchh-11-errors-in-a-list", "Errors may come as lists of texts by key.",
         order(), body={"errors": {"base": ["Please specify single entity for gifting."]}},
         section="punchh §11", confidence="INFERRED", simulated=False),
    _422("punchh-11-model-errors", "Or as they are, by key, without a table of errors.",
         order(), body={"name": ["Name has already been taken"]},
         section="punchh §11", confidence="INFERRED", simulated=False),
    _422("punchh-8.6-document-spelling", "The document's texts are spelled otherwise.",
         order(), body={"errors": {"invalid_segment": "Invalid  segment id"}}, code="no-segment",
         section="punchh §8", simulated=False),
    _422("punchh-4.5-after-expiry", "A start after the expiry, under the key of the start time.",
         order(), body={"errors": {"invalid_start_time": AFTER_EXPIRY}}, code="redeemable-expired",
         section="punchh §4.5", confidence="INFERRED", **_in_state(expires_at=BEFORE)),
    _422("punchh-4.5-after-expiry-as-text", "A start after the expiry, told as a plain text.",
         order(), body={"errors": AFTER_EXPIRY}, code="redeemable-expired",
         section="punchh §4.5", confidence="INFERRED", switches={"punchh.expiry_shape": "text"},
         **_in_state(expires_at=BEFORE)),
    accepted("punchh-4.5-start-at-expiry", "A start at the expiry itself is taken.",
             order(), {}, section="punchh §4.5", **_in_state(expires_at="2026-03-02T18:36:00Z")),
)  # fmt: skip

ACCOUNT = (
    _account(
        id="punchh-4.3-401",
        told="A wrong key is 401.",
        ask=replace(order(), key=False),
        status=401,
        body=SIGN_IN,
    ),
    _account(
        id="punchh-4.3-403",
        confidence="INFERRED",
        told="An admin without dashboard access is 403.",
        switches={"punchh.dashboard_access": False},
        ask=order(),
        status=403,
        body=NO_PERMISSION,
    ),
    _account(
        id="punchh-4.3-feature-off",
        confidence="INFERRED",
        told="Without external distribution an order is 422.",
        switches={"punchh.distribution": False},
        ask=order(),
        status=422,
        body={"errors": {"disabled_feature": FEATURE_OFF}},
        ours=_off,
    ),
    _account(
        id="punchh-11-feature-off-in-a-list",
        section="punchh §11",
        confidence="INFERRED",
        told="A switched-off feature may be told in a list.",
        ask=order(),
        status=422,
        body={"errors": {"base": [FEATURE_OFF]}},
        ours=_off,
        simulated=False,
    ),
    _account(
        id="punchh-11-functionality",
        section="punchh §11",
        confidence="INFERRED",
        told="Or by 403.",
        ask=order(),
        status=403,
        body={"error": "Sorry, this functionality is not available."},
        ours=_off,
        simulated=False,
    ),
    _account(
        id="punchh-8.8-feature-off-by-sentence",
        section="punchh §8",
        confidence="INFERRED",
        told="The sentence tells it, whatever the key.",
        ask=order(),
        status=422,
        body={"errors": {"feature": FEATURE_OFF}},
        ours=_off,
        simulated=False,
    ),
)
REFUSALS = (*MISSING, *INVALID, *STATES, *ACCOUNT)
