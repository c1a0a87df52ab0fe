"""No credential ever shows: not in output, log, ledger, mark or traceback."""

import json
import subprocess
import sys

import pytest

from connector import sandbox
from connector.sandbox import braze, punchh, salesforce
from tests.support.console import TIMEOUT, Done, Shop

CANARIES = {
    "BRAZE_KEY": "canary-braze-4f1d",
    "PUNCHH_KEY": "canary-punchh-77aa",
    "SALESFORCE_KEY": "canary-consumer-90c2",
    "SALESFORCE_SECRET": "canary-secret-e3b1",
}
ECHO = {
    "errors": f"Bearer {CANARIES['PUNCHH_KEY']} is not allowed",
    "error": f"invalid_client: {CANARIES['SALESFORCE_SECRET']}",
}


@pytest.fixture(autouse=True)
def unique_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the simulators open to the canaries alone."""
    for module in (braze, punchh, salesforce):
        for name, value in CANARIES.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)


def _with_canaries(shop: Shop) -> None:
    for name, value in CANARIES.items():
        shop.configure(f'"{getattr(sandbox, name)}"', f'"{value}"')


def _shown(shop: Shop, seen: list[str], *, logged_in: bool = True) -> list[str]:
    found = "\n".join(seen).encode()
    for path in shop.folder.rglob("*"):
        if path.is_file() and path != shop.config:
            found += path.read_bytes()
    with shop.box.world.lock:
        tokens = list(shop.box.world.salesforce.sessions)
    return [
        secret for secret in (*CANARIES.values(), *map(str, tokens)) if secret.encode() in found
    ]


def test_no_credential_shows_whatever_happens(live_shop: Shop) -> None:
    shop, seen = live_shop, []
    _with_canaries(shop)
    good = shop.once()
    seen += [good.out, good.err]
    assert len(shop.campaigns()) == 8  # the canaries do open

    shop.make_send(name="Lunch Encore", tags=["punchh:segment=Taco Lovers"],
                   at=shop.sends()["Lunch Push"]["scheduled_for"])  # fmt: skip
    shop.fault("status", method="POST", code=422, body=json.dumps({"errors": ECHO["errors"]}))
    shop.fault("status", "braze", code=401, body=json.dumps(ECHO), times=3)
    refused = shop.once()
    assert refused.code == 1
    seen += [refused.out, refused.err]

    shop.fault("status", "salesforce", code=400, body=json.dumps(ECHO), times=9)
    shop.fault("html", "punchh", times=9)
    for words in (("plan",), ("explain", "Nothing"), ("ledger", "list", "--json"), ("status",)):
        done = shop.inside("--debug", *words)
        seen += [done.out, done.err]
    assert _shown(shop, seen) == []


CRASH = """
import sys
from connector.cli.main import main
from connector.worker import cycle
cycle.observe = lambda work: 1 / 0
sys.argv = ["connector", *sys.argv[1:]]
main()
"""


def _crashing(shop: Shop, *words: str) -> Done:
    """Run the command in a child process in which reading the remotes crashes."""
    ended = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", CRASH, *words],
        cwd=shop.folder,
        env=shop.environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    return Done(ended.returncode, ended.stdout, ended.stderr)


def test_a_crash_is_one_line_and_its_traceback_shows_no_credential(live_shop: Shop) -> None:
    shop = live_shop
    _with_canaries(shop)
    told = _crashing(shop, "plan")
    assert (told.code, told.out) == (1, "")
    assert told.err == (
        "connector: a fault of the connector itself (ZeroDivisionError); "
        "run it with --debug before the verb to see where\n"
    )
    shown = _crashing(shop, "--debug", "plan")
    assert shown.code == 1
    assert shown.err.startswith("Traceback (most recent call last):")
    assert "ZeroDivisionError: division by zero" in shown.err
    assert _shown(shop, [shown.out, shown.err], logged_in=False) == []
