"""The settings of canaries and of the webhook: what they may be, and what is said of the rest."""

from datetime import timedelta
from pathlib import Path

import pytest

from connector.app import key_fingerprints
from tests.unit.test_settings import BASE, changed, problems, read

SIGNED = 'client = "the-client"\nsecret = "s3cret"\nuser_agent'
CANARY = '[punchh.canaries.vip]\nsegment = "VIP Guests"\n'
WITH_CANARY = changed("user_agent", SIGNED) + CANARY + 'token = "s3cret"\n'
HOOK = "[punchh.webhook]\n"


def test_a_canary_is_read_with_its_secrets_from_files_and_variables(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    (tmp_path / "lunch.yaml").touch()
    text = changed("user_agent", SIGNED) + CANARY + 'token_file = "token"\nbasket = "lunch.yaml"\n'
    settings = read(tmp_path, text, CONNECTOR_PUNCHH__CANARIES__VIP__EMAIL="c@x.y")
    canary = settings.punchh.canaries["vip"]
    assert canary.token
    assert canary.token.get_secret_value() == "from-file"
    assert (canary.email, canary.basket) == ("c@x.y", f"{tmp_path}/lunch.yaml")
    assert settings.punchh.canary_within == timedelta(minutes=15)
    text = changed('token = "s3cret"\n', "", WITH_CANARY)
    given = {"CONNECTOR_PUNCHH__CANARIES__VIP__TOKEN": "var"}
    settings = read(tmp_path, text, **given)
    assert "var" not in repr(settings) + settings.model_dump_json()


def test_the_webhook_is_off_unless_its_table_is_there(tmp_path: Path) -> None:
    assert read(tmp_path, BASE).punchh.webhook is None
    signed = read(tmp_path, BASE + HOOK + 'client = "us"\nsecret = "s3cret"\n').punchh.webhook
    assert signed
    assert (signed.path, signed.signature_header) == ("/webhooks/punchh", "Authorization")
    assert (signed.public_path, signed.window) == (None, timedelta(days=2))
    bearer = read(tmp_path, BASE + HOOK + 'token = "s3cret"\n').punchh.webhook
    assert bearer
    assert bearer.secret is None


GUARD = (
    "punchh.webhook: give either client and secret (HMAC-SHA256), or token (bearer), as in Punchh"
)
SIGN_IN = "punchh.canaries.vip: give either token (an access token) or authentication_token"
WRONG = {
    BASE + CANARY + 'token = "s3cret"\n': (
        "punchh: canaries need client and secret: guest calls are signed with them"
    ),
    changed('token = "s3cret"\n', "", WITH_CANARY): SIGN_IN,
    WITH_CANARY + 'authentication_token = "s3cret"\n': SIGN_IN,
    WITH_CANARY + 'basket = "none.yaml"\n': "punchh.canaries.vip.basket: names no file",
    WITH_CANARY + "offers = 1\n": (
        "punchh.canaries.vip.offers: is not a known key: correct or remove it"
    ),
    changed("canaries.vip", "canaries.Vip-1", WITH_CANARY): (
        "punchh.canaries.Vip-1: a name here is lower-case letters, digits and single underscores"
    ),
    changed("user_agent", "canary_within = 'soon'\nuser_agent"): (
        "punchh.canary_within: a duration is written like 30m, 2h, 1h30m or 7d"
    ),
    BASE + HOOK: GUARD,
    BASE + HOOK + 'secret = "s3cret"\n': GUARD,
    BASE + HOOK + 'client = "us"\ntoken = "s3cret"\n': GUARD,
    BASE + HOOK + 'client = "us"\nsecret = "s3cret"\ntoken = "s3cret"\n': GUARD,
    BASE + HOOK + 'token = "s3cret"\npath = "hooks"\n': (
        "punchh.webhook.path: must be a path like /webhooks/punchh"
    ),
    BASE + HOOK + 'token = "s3cret"\npublic_path = "/a b"\n': (
        "punchh.webhook.public_path: must be a path like /webhooks/punchh"
    ),
    BASE + HOOK + 'token = "s3cret"\nprevious_secret = "s3cret"\n': (
        "punchh.webhook: previous_secret needs secret beside it"
    ),
    BASE + HOOK + 'client = "us"\nsecret = "s3cret"\nprevious_token = "s3cret"\n': (
        "punchh.webhook: previous_token needs token beside it"
    ),
    BASE + HOOK + 'token = "s3cret"\nwindow = "3d"\n': (
        "punchh.webhook.window: must be between 1m and 2d: ids are kept so long"
    ),
    BASE + HOOK + 'token = "s3cret"\nsignature_header = "a b"\n': (
        "punchh.webhook.signature_header: must be a header's name"
    ),
}


@pytest.mark.parametrize(("text", "told"), WRONG.items(), ids=map(str, range(len(WRONG))))
def test_each_mistake_is_told(tmp_path: Path, text: str, told: str) -> None:
    assert problems(tmp_path, text) == [told]


def test_a_canary_says_nothing_about_a_refused_admin_key(tmp_path: Path) -> None:
    plain = key_fingerprints(read(tmp_path, BASE), "L1")
    with_canary = WITH_CANARY + HOOK + 'token = "s3cret"\n'
    found = key_fingerprints(read(tmp_path, with_canary), "L1")
    assert found.keys() - plain.keys() == {"canary:vip"}
    assert found.items() > plain.items()
    again = changed('token = "s3cret"', 'token = "another"', WITH_CANARY)
    assert key_fingerprints(read(tmp_path, again), "L1")["canary:vip"] != found["canary:vip"]
    other = changed('admin_key = "s3cret"', 'admin_key = "other"')
    assert key_fingerprints(read(tmp_path, other), "L1")["punchh"] != plain["punchh"]
