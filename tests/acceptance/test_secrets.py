"""No credential ever shows: in no output, log, ledger, mark, message, page, metric or traceback."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from html import unescape
from pathlib import Path

import pytest

from connector import sandbox
from connector.app import read_settings
from connector.sandbox import braze, punchh
from connector.sandbox.salesforce import logins
from tests.support.console import TIMEOUT, Done, Shop
from tests.support.ears import Ear, ask
from tests.support.mailserver import MailServer, Manners
from tests.support.pages import PASSWORD, USERS, served
from tests.support.rawserver import refusing

CANARIES = {
    "BRAZE_KEY": "canary-braze-4f1d",
    "PUNCHH_KEY": "canary-punchh-77aa",
    "SALESFORCE_KEY": "canary-consumer-90c2",
    "SALESFORCE_SECRET": "canary-secret-e3b1",
}
TELLING = {
    "hook": "canary-hook-5b1e",
    "token": "canary-token-08d4",
    "password": "canary-password-c7f2",
    "ping": "canary-ping-31aa",
}
ECHO = {
    "errors": f"Bearer {CANARIES['PUNCHH_KEY']} is not allowed",
    "error": f"invalid_client: {CANARIES['SALESFORCE_SECRET']}",
}


@pytest.fixture(autouse=True)
def unique_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the simulators open to the canaries alone."""
    for module in (braze, punchh, logins):
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
    secrets = (*CANARIES.values(), *TELLING.values(), *map(str, tokens))
    return [secret for secret in secrets if secret.encode() in found]


WATCHED = """
[alerts.channels.slack]
kind = "webhook"
url = "{ear}/services/{hook}"
token = "{token}"
[alerts.channels.gone]
kind = "webhook"
url = "{dead}/services/{hook}"
[alerts.channels.mail]
kind = "email"
host = "127.0.0.1"
port = {mail}
security = "none"
username = "me"
password = "{password}"
sender = "connector@brand.example"
to = ["ops@brand.example"]
[heartbeat]
url = "{dead}/{ping}"
fail_suffix = "/fail"
[health]
port = 0
"""


def _arguments(pid: int) -> str:
    """Return what every process of this machine can see of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")


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


def test_nothing_that_a_watched_worker_says_shows_a_credential(live_shop: Shop) -> None:
    shop = live_shop
    _with_canaries(shop)
    right = b64encode(f"\0me\0{TELLING['password']}".encode()).decode()
    with Ear() as ear, MailServer(Manners(password=right)) as mail, refusing() as dead:
        places = {"ear": ear.url, "dead": dead, "mail": mail.port}
        shop.configure("", WATCHED.format(**places, **TELLING))
        shop.fault("status", method="POST", code=422, body=json.dumps({"errors": ECHO["errors"]}))
        shop.fault("status", "braze", code=401, body=json.dumps(ECHO), times=9)
        worker = shop.start("run")
        (serving,) = worker.wait_for("health.serving")
        worker.wait_for("alert.failed")
        worker.wait_for("heartbeat.failed")
        seen = [_arguments(worker.process.pid)]
        seen += [ask(serving["port"], path)[1] for path in ("/livez", "/readyz", "/metrics")]
        seen += [ear.texts(), *(one.letter.as_string() for one in mail.letters)]
        for words in (
            ("doctor", "--send-test"),
            ("doctor", "--json"),
            ("alert", "test"),
            ("status", "--json"),
            ("ledger", "export"),
            ("ledger", "export", "--format", "ndjson"),
            ("ledger", "events", "--json"),
            ("ledger", "backup", "copy.db"),
        ):
            done = shop.inside("--debug", *words)
            seen += [done.out, done.err]
        worker.stop()
        assert ear.posts[0][0].endswith(TELLING["hook"])  # the canaries do open
        assert ear.posts[0][2] == f"Bearer {TELLING['token']}"
        assert mail.letters
    assert (shop.folder / "copy.db").is_file()
    assert _shown(shop, seen) == []


def test_no_page_shows_a_credential(live_shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop = live_shop
    _with_canaries(shop)
    shop.configure("[sources.sf_core]", USERS + "[sources.sf_core]")
    shop.once()
    shop.fault("status", method="POST", code=422, body=json.dumps({"errors": ECHO["errors"]}))
    shop.fault("status", "braze", code=401, body=json.dumps(ECHO), times=9)
    shop.fault("status", "salesforce", code=400, body=json.dumps(ECHO), times=9)
    shop.once()
    with served(read_settings(shop.config, {})) as pages:
        reader, seen = pages.known(), dict[str, str]()
        to_read = ["/", "/nothing", "/login"]
        while to_read and len(seen) < 80:
            path = to_read.pop(0)
            reply = reader.get(path)
            seen[path] = f"{reply.headers}{reply.text}"
            links = map(unescape, re.findall(r'href="(/[^"#]*)"', reply.text))
            to_read += [link for link in links if link not in {*seen, *to_read}]
        refused = reader.say("/held/approve", reason="")
        seen["refused"] = refused.text
    assert {"/ledger/charts", "/mappings"} <= seen.keys()
    assert any(path.startswith("/ledger/export.csv") for path in seen)
    assert sum(path.startswith("/sends/") for path in seen) > 10
    told = [*seen.values(), capsys.readouterr().err]
    assert _shown(shop, told) == []
    assert not [text for text in told if PASSWORD in text or "scrypt:" in text]


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
