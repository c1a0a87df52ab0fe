"""The receiver of a real `connector web` behind a proxy, while its secret is rolled over."""

from tests.acceptance.test_proof import pages
from tests.integration.test_webhook_dropped import sent
from tests.support.console import Shop
from tests.unit.test_webhook import CLIENT, SECRET, body_of, changed

PUBLIC = "/brand/webhooks/punchh"
HOOK = f"""
[punchh.webhook]
public_path = "{PUBLIC}"
client = "{CLIENT}"
secret = "the-new-secret"
previous_secret = "{SECRET}"
window = "5m"
"""


def test_both_secrets_count_and_what_does_not_is_logged(live_shop: Shop) -> None:
    shop = live_shop
    shop.config.write_text(shop.config.read_text() + HOOK)
    old = body_of(changed(timestamp=1_000_000_000))
    with pages(shop) as url:
        for secret in (SECRET, "the-new-secret"):
            assert sent(url, old, signed=PUBLIC, secret=secret) == 200
        assert sent(url, old, signed=PUBLIC, secret="a-third") == 401
        assert sent(url, old, secret=SECRET) == 401
        log = next(shop.folder.glob("log-*.jsonl")).read_text()
    assert log.count('"webhook.ignored"') == log.count('"webhook.refused"') == 1
    assert "punchh.webhook.window" in log
    assert "set public_path" in log
    assert SECRET not in log + shop.inside("config", "show").out
