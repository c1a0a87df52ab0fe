"""Punchh's guest calls and membership, as facts: punchh §5, §6 and §9 E tell them."""

from functools import partial
from typing import Any

from connector.sandbox import CANARY_EMAIL, CANARY_TOKEN, PUNCHH_CLIENT
from tests.contract.punchh_world import FRIES, SIGN_IN, VIP
from tests.contract.rows import Applies, Ask, Fact, Failed, Holds, Member, Shape, Sign

OFFERS = "/api/auth/redemptions/applicable_offers"
REWARDS = "/api/auth/rewards"
IN_SEGMENT = "/api2/dashboard/segments/1306904/in_segment"
BAD_SIGNATURE = ["Invalid Signature"]
GIVEN_AT = "2026-03-02T11:00:00Z"
CANARY: dict[str, Any] = {
    "email": CANARY_EMAIL,
    "token": CANARY_TOKEN,
    "segments": {1306904: GIVEN_AT},
}
GIFT: Shape = {"campaign_id": 99511494, "segment_id": 1306904, "redeemable_uuid": FRIES["uuid"]}
REWARD_ID = 99511494001
LINE = {
    "item_name": "Adult",
    "item_qty": 1,
    "item_amount": 100,
    "menu_item_type": "M",
    "menu_item_id": "1",
    "menu_family": "1",
    "menu_major_group": "1",
    "serial_number": "3.0",
}
RECEIPT: dict[str, Any] = {
    "authentication_token": CANARY_TOKEN,
    "client": PUNCHH_CLIENT,
    "receipt_amount": 100,
    "subtotal_amount": 100,
    "receipt_datetime": "2026-03-02T12:00:00Z",
    "store_number": "7",
    "menu_items": [LINE],
    "channel": "online_order",
}
OFFER = {
    "menu_items": [LINE],
    "discount_amount": 2,
    "reward": {
        "created_at": GIVEN_AT,
        "end_date_tz": None,
        "start_date_tz": GIVEN_AT,
        "updated_at": GIVEN_AT,
        "id": REWARD_ID,
        "image": "https://images.example.com/20416.png",
        "status": "unredeemed",
        "points": 0,
        "discount_amount": 2,
        "description": "",
        "name": "Free Fries",
        "redeemable_properties": None,
    },
}
REWARD = {
    "id": REWARD_ID,
    "name": "Free Fries",
    "status": "unredeemed",
    "created_at": GIVEN_AT,
    "updated_at": GIVEN_AT,
    "redeemable_id": 20416,
    "gifted_for_type": "MassGifting",
    "gifted_for_id": 99511494,
    "gift_reason": "through Friday Fries c1-abc",
}
WORLD = (VIP, FRIES, CANARY, GIFT)
IN_QUERY = {"client": PUNCHH_CLIENT}
WRONG_SIGNS: tuple[Sign, ...] = ("sha256", "base64", "other body", "no query", "none")
FOUND = Applies(offers=((REWARD_ID, "Free Fries", "2"),))
ACCOUNT = Failed(account=True, of="guest")

_fact = partial(Fact, section="punchh §6", confidence="CONFIRMED", world=WORLD, body=[OFFER])


def receipt(**changes: Any) -> dict[str, Any]:
    """Return a good receipt, changed; None takes a key away."""
    return {key: value for key, value in (RECEIPT | changes).items() if value is not None}


def ask(**changes: Any) -> Ask:
    return Ask(path=OFFERS, json=receipt(**changes))


GUEST_FACTS = (
    _fact(
        id="punchh-6-applicable-offers",
        told="A signed GET with a JSON body is answered with what applies, and no campaign.",
        ask=ask(),
        ours=FOUND,
    ),
    _fact(
        id="punchh-6-access-token-in-the-header",
        told="An access token as Bearer stands for authentication_token.",
        ask=Ask(path=OFFERS, json=receipt(authentication_token=None), bearer=CANARY_TOKEN),
        ours=FOUND,
    ),
    _fact(
        id="punchh-6-client-and-token-in-the-query",
        told="Client and token may stand in the query, and are signed with it.",
        ask=Ask(
            path=OFFERS,
            params={"client": PUNCHH_CLIENT, "authentication_token": CANARY_TOKEN},
            json=receipt(client=None, authentication_token=None),
        ),
        ours=None,
    ),
    _fact(
        id="punchh-6-nothing-applies",
        confidence="INFERRED",
        told="Where nothing applies the answer is an empty array.",
        world=(VIP, {**FRIES, "at_least": 500}, CANARY, GIFT),
        ask=ask(),
        body=[],
        ours=Applies(offers=()),
    ),
    _fact(
        id="punchh-6-channel-filters",
        told="An offer whose qualifier names another channel does not apply.",
        world=(VIP, {**FRIES, "channel": "web"}, CANARY, GIFT),
        ask=ask(),
        body=[],
        ours=Applies(offers=()),
    ),
    _fact(
        id="punchh-6-lenient",
        told="Neither channel nor receipt_datetime is really required.",
        ask=ask(channel=None, receipt_datetime=None),
        ours=None,
    ),
    _fact(
        id="punchh-6-bad-token",
        told="A bad guest token with a good signature is 401.",
        ask=ask(authentication_token="nobody"),
        status=401,
        body=SIGN_IN,
        ours=ACCOUNT,
    ),
    _fact(
        id="punchh-6-bad-signature",
        told="A wrong secret is 412, a bare array.",
        ask=Ask(path=OFFERS, json=receipt(), sign="wrong secret"),
        status=412,
        body=BAD_SIGNATURE,
        ours=ACCOUNT,
    ),
    _fact(
        id="punchh-6-wrong-client",
        told="A wrong client is 412 too.",
        ask=ask(client="somebody-else"),
        status=412,
        body=BAD_SIGNATURE,
        ours=ACCOUNT,
    ),
    _fact(
        id="punchh-6-signature-comes-first",
        told="The signature is checked before the guest.",
        ask=Ask(path=OFFERS, json=receipt(authentication_token="nobody"), sign="wrong secret"),
        status=412,
        body=BAD_SIGNATURE,
        ours=None,
    ),
    _fact(
        id="punchh-6-unprocessable",
        confidence="INFERRED",
        told="A receipt that nothing can be applied to is 422, an array of sentences.",
        ask=ask(receipt_amount="much"),
        status=422,
        body=["Given reward is not accessible for this guest"],
        ours=Failed(account=False, of="guest"),
    ),
    *(
        _fact(
            id=f"punchh-9-no-{sign.replace(' ', '-')}",
            section="punchh §9",
            told=f"A digest by {sign} is no signature here.",
            ask=Ask(path=OFFERS, json=receipt(client=None), params=IN_QUERY, sign=sign),
            status=412,
            body=BAD_SIGNATURE,
            ours=None,
        )
        for sign in WRONG_SIGNS
    ),
    _fact(
        id="punchh-5-rewards",
        section="punchh §5",
        told="A guest's rewards tell what they were gifted for.",
        ask=Ask(path=REWARDS, json={"client": PUNCHH_CLIENT, "authentication_token": CANARY_TOKEN}),
        body=[{"reward": REWARD}],
        ours=Holds(rewards=((REWARD_ID, "MassGifting", 99511494),)),
    ),
    _fact(
        id="punchh-5-rewards-of-another-id",
        section="punchh §5",
        confidence="INFERRED",
        told="That gifted_for_id is the campaign's id is not documented: it may be another.",
        switches={"punchh.gifted_for": "null"},
        ask=Ask(path=REWARDS, json={"client": PUNCHH_CLIENT, "authentication_token": CANARY_TOKEN}),
        body=[{"reward": REWARD | {"gifted_for_id": None}}],
        ours=Holds(rewards=((REWARD_ID, "MassGifting", None),)),
    ),
    _fact(
        id="punchh-5-in-segment",
        section="punchh §5",
        told="Whether a guest is in a segment can be asked by e-mail.",
        ask=Ask(path=IN_SEGMENT, params={"guest_email": CANARY_EMAIL}),
        body={"result": True},
        ours=Member(member=True),
    ),
    _fact(
        id="punchh-5-not-in-segment",
        section="punchh §5",
        told="A guest who is not in the segment is told apart.",
        world=(VIP, FRIES, CANARY | {"segments": {}}, GIFT),
        ask=Ask(path=IN_SEGMENT, params={"guest_email": CANARY_EMAIL}),
        body={"result": False},
        ours=Member(member=False),
    ),
    _fact(
        id="punchh-5-in-segment-lags",
        section="punchh §5",
        told="Membership is known some seconds late.",
        world=(VIP, FRIES, CANARY | {"segments": {1306904: "2026-03-02T11:59:55Z"}}, GIFT),
        ask=Ask(path=IN_SEGMENT, params={"guest_email": CANARY_EMAIL}),
        body={"result": False},
        ours=Member(member=False),
    ),
)
