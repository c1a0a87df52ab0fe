"""Who is believed, and what of a delivery counts: judged without a socket or a ledger."""

import base64
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha1, sha256
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connector.domain.evidence import REMEMBERED, GiftEvent
from connector.domain.keys import external_campaign_id
from connector.punchh.webhook import PROBES, Answer, Delivery, Why, received
from connector.settings import RewardsSettings
from tests.support.planning import NOW

SECRET, CLIENT, TOKEN = "a-webhook-secret", "our_connector", "a-webhook-token"
SIGNED = RewardsSettings(client=CLIENT, secret=SecretStr(SECRET))
BEARER = RewardsSettings(token=SecretStr(TOKEN))
MARK = external_campaign_id("v1:x", 7, "u-1", 1)
TARGET = b"/webhooks/punchh"
EVENT: dict[str, Any] = {
    "content_id": "9f1c0c5e-1111-4222-8333-444455556666",
    "timestamp": int(NOW.timestamp()),
    "business_id": 7,
    "business_uuid": "b",
    "event_name": "rewards",
    "event_type": "",
    "action": "create",
    "payload": {
        "campaign_id": 99511403,
        "campaign_name": f"Friday Fries - Free Fries {MARK}",
        "campaign_type": "MassGiftingCampaign",
        "gifted_for_id": 99511403,
        "gifted_for_type": "Campaign",
        "reward_id": 6973,
        "user": {"email": "guest@example.com", "first_name": "Ada", "user_id": 111111111},
    },
}
GIFT = GiftEvent(EVENT["content_id"], NOW, MARK, 99511403)


def body_of(event: Any = EVENT) -> bytes:
    return json.dumps(event).encode()


def changed(**changes: Any) -> dict[str, Any]:
    """Return the event changed; what is not its own is changed in its payload; None is gone."""
    event = {**EVENT, "payload": dict(EVENT["payload"])}
    for key, value in changes.items():
        place = event if key in EVENT else event["payload"]
        place[key] = value
        if value is None:
            del place[key]
    return event


def signature(body: bytes, target: bytes = TARGET, secret: str = SECRET, kind: Any = sha256) -> Any:
    return hmac.new(secret.encode(), target + body, kind)


def signed(body: bytes, method: str = "POST", **headers: str) -> Delivery:
    given = {"authorization": f"hmac {signature(body).hexdigest()}", "x-pch-key": CLIENT}
    return Delivery(method, TARGET, given | headers, body)


def bearer(body: bytes, method: str = "POST", header: str = f"bearer {TOKEN}") -> Delivery:
    return Delivery(method, TARGET, {"authorization": header}, body)


def judged(delivery: Delivery, settings: RewardsSettings = SIGNED) -> Answer:
    return received(settings, delivery, NOW)


def test_a_proven_event_counts_and_names_no_guest() -> None:
    for found in (judged(signed(body_of())), judged(bearer(body_of()), BEARER)):
        assert found == Answer(200, GIFT)
    assert "Ada" not in repr(found)
    assert "example.com" not in repr(found)


def test_a_probe_is_answered_to_everybody_and_a_wrong_proof_is_noted() -> None:
    """Whether Punchh signs it is not known; refused, it would switch the webhook off."""
    assert judged(signed(b"", "GET")) == Answer(200)
    assert judged(signed(b"", "HEAD")) == Answer(200)
    assert judged(bearer(b"", "GET"), BEARER) == Answer(200)
    for settings in (SIGNED, BEARER):
        assert judged(Delivery("GET", TARGET, {}), settings) == Answer(200)
    wrong = signed(b"", "GET", authorization=f"hmac {HEX}")
    assert judged(wrong) == Answer(200, why=Why.OTHER_SIGNATURE)


BODY = body_of()
DIGEST = signature(BODY)
HEX = DIGEST.hexdigest()
FORMS = {
    f"hmac {HEX}": 200,
    f"HMAC {HEX}": 200,
    f" hmac   {HEX} ": 200,
    HEX: 200,
    "": 401,
    "hmac": 401,
    "hmac ": 401,
    f"bearer {HEX}": 401,
    f"hmac {HEX.upper()}": 401,
    f"hmac {HEX[:-1]}": 401,
    f"hmac {HEX}0": 401,
    f"hmac sha256 {HEX}": 401,
    f"hmac {base64.b64encode(DIGEST.digest()).decode()}": 401,
    f"hmac {signature(BODY, kind=sha1).hexdigest()}": 401,
    f"hmac {signature(BODY, secret='another').hexdigest()}": 401,
    f"hmac {signature(BODY, target=b'').hexdigest()}": 401,
    f"hmac {signature(BODY, target=b'https://x/webhooks/punchh').hexdigest()}": 401,
    f"hmac {signature(json.dumps(EVENT, indent=1).encode()).hexdigest()}": 401,
    f"hmac {'é' * 64}": 401,
}


@pytest.mark.parametrize(("header", "status"), FORMS.items(), ids=map(str, range(len(FORMS))))
def test_only_the_documented_signature_is_believed(header: str, status: int) -> None:
    assert judged(signed(BODY, authorization=header)).status == status


@pytest.mark.parametrize("client", ["", "somebody", CLIENT.upper(), f"{CLIENT} "])
def test_the_client_must_be_ours(client: str) -> None:
    found = judged(signed(BODY, **{"x-pch-key": client}))
    assert found == Answer(401, why=Why.OTHER_CLIENT)


def test_the_query_is_signed_with_the_path() -> None:
    there = TARGET + b"?a=1"
    header = f"hmac {signature(BODY, target=there).hexdigest()}"
    delivery = signed(BODY, authorization=header)
    assert judged(replace(delivery, target=there)).status == 200
    assert judged(delivery).status == 401


def test_the_signature_may_be_said_to_stand_in_another_header() -> None:
    settings = SIGNED.model_copy(update={"signature_header": "X-Pch-Digest"})
    assert judged(signed(BODY), settings).status == 401
    assert judged(signed(BODY, **{"x-pch-digest": HEX}), settings).status == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (TOKEN, 401),
        (f"basic {TOKEN}", 401),
        (f"bearer {TOKEN}x", 401),
        ("bearer ", 401),
        ("", 401),
    ],
)
def test_only_the_token_is_believed_where_one_is_set(header: str, status: int) -> None:
    assert judged(bearer(BODY, header=header), BEARER).status == status
    assert judged(signed(BODY), BEARER).status == 401


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a":1,"a":2}', b"[" * 100_000, b"NaN"])
def test_what_is_proven_and_no_json_is_a_bad_request(body: bytes) -> None:
    assert judged(signed(body)).status == 400


LATE, EARLY = NOW - REMEMBERED, NOW + REMEMBERED
SECOND = timedelta(seconds=1)
COUNTS: list[tuple[dict[str, Any], Why | None]] = [
    ({"timestamp": int(NOW.timestamp() * 1000)}, None),
    ({"timestamp": int(LATE.timestamp())}, None),
    ({"timestamp": int((LATE - SECOND).timestamp())}, Why.TOO_OLD),
    ({"timestamp": int(EARLY.timestamp())}, None),
    ({"timestamp": int((EARLY + SECOND).timestamp())}, Why.TOO_EARLY),
    ({"timestamp": int((EARLY + SECOND).timestamp() * 1000)}, Why.TOO_EARLY),
    ({"timestamp": None}, Why.NO_TIME),
    ({"timestamp": "2026-11-22"}, Why.NO_TIME),
    ({"timestamp": True}, Why.NO_TIME),
    ({"timestamp": 10**400}, Why.NO_TIME),
    ({"content_id": None}, Why.NO_CONTENT_ID),
    ({"content_id": ""}, Why.NO_CONTENT_ID),
    ({"content_id": "x" * 201}, Why.NO_CONTENT_ID),
    ({"content_id": "\ud800"}, Why.NO_CONTENT_ID),
    ({"event_name": "checkins"}, Why.NO_REWARD),
    ({"action": "update"}, Why.NO_REWARD),
    ({"payload": []}, Why.NO_REWARD),
    ({"event_name": None}, Why.NO_EVENT),
    ({"campaign_name": "Signup - Free Burger"}, Why.NOT_OURS),
    ({"campaign_name": f"{MARK} (copy)"}, Why.NOT_OURS),
    ({"campaign_name": None}, Why.NOT_OURS),
    ({"campaign_name": 7}, Why.NOT_OURS),
    ({"campaign_id": None}, Why.NO_CAMPAIGN_ID),
    ({"campaign_id": "99511403"}, Why.NO_CAMPAIGN_ID),
    ({"campaign_id": True}, Why.NO_CAMPAIGN_ID),
    ({"campaign_id": 0}, Why.NO_CAMPAIGN_ID),
    ({"campaign_id": 1 << 63}, Why.NO_CAMPAIGN_ID),
    ({"gifted_for_type": "Anything", "user": None}, None),
]


@pytest.mark.parametrize(("changes", "why"), COUNTS, ids=map(str, range(len(COUNTS))))
def test_what_counts_for_nothing_is_taken_all_the_same(
    changes: dict[str, Any], why: Why | None
) -> None:
    found = judged(signed(body_of(changed(**changes))))
    assert (found.status, found.why) == (200, why)
    assert (found.event is None) == (why is not None)


jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*EVENT, *EVENT["payload"]]), jsons)
def test_a_proven_event_with_anything_in_any_place_is_judged(key: str, value: Any) -> None:
    found = judged(signed(json.dumps(changed(**{key: value})).encode()))
    assert found.status in (200, 400)


# --- whoever proves nothing, however he tries


def fuzzed(random: Random) -> Delivery:
    """Return a delivery made without the secret, as near to a good one as chance has it."""
    body = bytearray(random.choice([BODY, b"", b"{}", BODY[: random.randrange(len(BODY))]]))
    for _ in range(random.randrange(4)):
        if body:
            body[random.randrange(len(body))] = random.randrange(256)
    guess = random.choice(
        [
            "",
            "hmac",
            f"hmac {random.getrandbits(256):064x}",
            f"hmac {HEX[: random.randrange(64)]}",
            f"bearer {HEX}",
            f"hmac {sha256(bytes(body)).hexdigest()}",
            f"hmac {signature(bytes(body), secret='').hexdigest()}",
            f"hmac {signature(bytes(body), secret=CLIENT).hexdigest()}",
            "".join(chr(random.randrange(1, 256)) for _ in range(random.randrange(90))),
        ]
    )
    headers = {"authorization": guess, "x-pch-key": random.choice([CLIENT, "", "x", "\x00"])}
    for name in random.sample(sorted(headers), random.randrange(3)):
        del headers[name]
    method = random.choice(["POST", "POST", "GET", "HEAD", "PUT"])
    target = random.choice([TARGET, b"", b"/", TARGET + b"?" + bytes([random.randrange(256)])])
    return Delivery(method, target, headers, bytes(body))


def test_nobody_gets_in_by_chance() -> None:
    random = Random(11)
    for _ in range(2_000):
        delivery = fuzzed(random)
        for settings in (SIGNED, BEARER):
            found = judged(delivery, settings)
            status = 200 if delivery.method in PROBES else 401
            assert (found.status, found.event) == (status, None), delivery


# --- rotation, a prefix taken off, and how old an event may be


@pytest.mark.parametrize(
    ("secret", "status"), [(SECRET, 200), ("the-old-secret", 200), ("older", 401), ("", 401)]
)
def test_two_secrets_count_while_one_is_rolled_out(secret: str, status: int) -> None:
    settings = SIGNED.model_copy(update={"previous_secret": SecretStr("the-old-secret")})
    header = f"hmac {signature(BODY, secret=secret).hexdigest()}"
    assert judged(signed(BODY, authorization=header), settings).status == status


@pytest.mark.parametrize(
    ("token", "status"), [(TOKEN, 200), ("the-old-token", 200), ("older", 401), ("", 401)]
)
def test_two_tokens_count_while_one_is_rolled_out(token: str, status: int) -> None:
    settings = BEARER.model_copy(update={"previous_token": SecretStr("the-old-token")})
    assert judged(bearer(BODY, header=f"Bearer {token}"), settings).status == status


@pytest.mark.parametrize("query", [b"", b"?a=1&b=%20"])
def test_a_prefix_that_a_proxy_took_off_is_signed(query: bytes) -> None:
    public = b"/loyalty/webhooks/punchh"
    header = f"hmac {signature(BODY, target=public + query).hexdigest()}"
    delivery = replace(signed(BODY, authorization=header), target=TARGET + query)
    settings = SIGNED.model_copy(update={"public_path": public.decode()})
    assert judged(delivery, settings).status == 200
    assert judged(delivery) == Answer(401, why=Why.OTHER_SIGNATURE)
    assert judged(replace(signed(BODY), target=TARGET), settings).status == 401


@pytest.mark.parametrize(
    ("age", "why"),
    [(300, None), (301, Why.TOO_OLD), (-300, None), (-301, Why.TOO_EARLY)],
)
def test_an_event_may_be_as_old_as_is_set(age: int, why: Why | None) -> None:
    settings = SIGNED.model_copy(update={"window": timedelta(minutes=5)})
    event = changed(timestamp=int(NOW.timestamp()) - age)
    assert judged(signed(body_of(event)), settings).why is why


DOUBTS = {
    "": Why.NO_PROOF,
    "hmac ": Why.OTHER_SIGNATURE,
    "hmac 0": Why.OTHER_SIGNATURE,
    f"bearer {HEX}": Why.OTHER_SCHEME,
}


@pytest.mark.parametrize(("header", "why"), DOUBTS.items())
def test_the_log_says_what_is_wrong_with_a_proof(header: str, why: Why) -> None:
    assert judged(signed(BODY, authorization=header)) == Answer(401, why=why)
