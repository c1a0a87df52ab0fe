"""The worker as its operators see it: alerts, a sign of life, endpoints, systemd, the doctor."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.console import ROOT, WHY, Shop, until
from tests.support.ears import Ear, Systemd, ask
from tests.support.mailserver import MailServer
from tests.support.rawserver import refusing

WATCHED = """
[schedule]
poll_seconds = 60
[alerts.routes]
operators = ["mail"]
[alerts.channels.slack]
kind = "webhook"
url = "{ear}/services/hook"
[alerts.channels.mail]
kind = "email"
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "connector@brand.example"
to = ["ops@brand.example"]
[alerts.channels.dead]
kind = "webhook"
url = "{dead}/hook"
[heartbeat]
url = "{ear}/ping"
fail_suffix = "/fail"
[health]
port = 0
"""


def test_a_worker_tells_whom_it_should_and_shows_that_it_lives(
    live_shop: Shop, tmp_path: Path
) -> None:
    shop = live_shop
    with Systemd(tmp_path) as systemd, Ear() as ear, MailServer() as mail, refusing() as dead:
        shop.configure("", WATCHED.format(ear=ear.url, mail=mail.port, dead=dead))
        shop.variables["NOTIFY_SOCKET"] = systemd.place
        worker = shop.start("run")
        (serving,) = worker.wait_for("health.serving")
        worker.wait_for("alert.failed")
        port = serving["port"]
        until(lambda: ask(port, "/readyz")[0] == 200)  # marketers' matters keep nobody from work
        assert json.loads(ask(port, "/livez")[1])["alive"] is True
        assert "warnings" in ear.posts[0][1]["text"].splitlines()[0]
        assert "warnings" in mail.letters[0].letter["Subject"]
        assert [one["channel"] for one in worker.named("alert.failed")] == ["dead"]
        assert ear.gets == ["/ping"]

        # a lost reply is told to both, once
        shop.fault("reset", method="POST", after=True)
        shop.make_send(name="Lunch Encore", tags=["punchh:segment=Taco Lovers"],
                       at=shop.sends()["Lunch Push"]["scheduled_for"])  # fmt: skip
        worker.cycle()
        until(lambda: "Lunch Encore" in ear.texts() and len(mail.letters) == 2)
        lost = shop.id_of("Lunch Encore")
        assert f"connector ledger resolve {lost} --committed" in ear.texts()
        assert "Lunch Encore" in mail.letters[1].letter.get_content()
        worker.cycle()
        assert ear.texts().count(f"CRITICAL: Lunch Encore [{lost}") == 1

        # operators alone are told that Punchh is left alone after it
        assert "punchh is left alone" in mail.letters[1].letter.get_content()
        assert "punchh is left alone" not in ear.texts()
        status, told = ask(port, "/readyz")
        assert (status, json.loads(told)["ready"]) == (503, False)
        assert "punchh is left alone" in json.loads(told)["problems"][0]

        figures = ask(port, "/metrics")[1]
        for line in (
            'connector_ledger_rows{state="unknown"} 1.0',
            'connector_attempts_total{verdict="unknown"} 1.0',
            'connector_http_exchanges_total{remote="sf_core",status="2xx"}',
            'connector_salesforce_api_used{remote="sf_core"}',
            'connector_attentions{code="unknown",severity="critical",whom="marketers"} 1.0',
            'connector_remote_left_alone{remote="punchh"} 1.0',
        ):
            assert line in figures, line

        # its end is told after two looks
        shop.inside("ledger", "resolve", lost, "--committed", "5", *WHY)
        worker.cycle()
        assert not worker.named("alert.recovered")
        worker.cycle()
        over = worker.wait_for("alert.recovered", 2)
        assert {(one["channel"], one["subject"]) for one in over} >= {("slack", lost)}

        code, _ = worker.stop()
        heard = systemd.heard()
    assert code == 0
    assert heard[0] == "READY=1"
    assert "WATCHDOG=1" in heard
    assert any(line.startswith("STATUS=live; wants a person: 1 critical, ") for line in heard)
    assert heard[-1] == "STOPPING=1"


def test_a_single_cycle_tells_and_remembers_too(live_shop: Shop) -> None:
    shop = live_shop
    with Ear() as ear:
        shop.configure("", f'[alerts.channels.slack]\nkind = "webhook"\nurl = "{ear.url}"\n')
        shop.once()
        (told,) = ear.posts
        assert "warnings" in told[1]["text"].splitlines()[0]
        shop.once()
        assert len(ear.posts) == 1

        assert shop.inside("alert", "test").out == "slack: told; look whether it arrived\n"
        assert "nothing is wrong" in ear.posts[-1][1]["text"]
        ear.status = 404
        refused = shop.inside("alert", "test", "--channel", "slack")
        assert (refused.code, refused.out) == (
            1,
            "slack: not told: it answered with status 404.\n",
        )
        none = shop.inside("alert", "test", "--channel", "mail")
        assert (none.code, none.err) == (2, "connector: --channel mail: is one of slack\n")


def test_without_a_channel_there_is_nothing_to_test(live_shop: Shop) -> None:
    done = live_shop.inside("alert", "test")
    assert done.code == 2
    assert "[alerts.channels.NAME]" in done.err


# --- the doctor


def _lines(shop: Shop, *words: str) -> tuple[int, list[str]]:
    done = shop.inside("doctor", *words)
    assert done.err == ""
    return done.code, [line for line in done.out.splitlines() if not line.startswith("ok ")]


def _all(shop: Shop) -> list[dict[str, str]]:
    found: list[dict[str, str]] = shop.inside("doctor", "--json").json()
    return found


def test_a_healthy_installation_is_found_so_and_left_as_it_is(live_shop: Shop) -> None:
    shop = live_shop
    before = shop.tables()
    code, worth = _lines(shop)
    assert code == 0
    assert [line.split()[:2] for line in worth] == [["warning", "ledger"], ["warning", "alerts"]]
    assert (shop.tables(), shop.posts()) == (before, 0)
    found = _all(shop)
    assert list(found[0]) == ["level", "of", "code", "told", "next_step"]
    tried = {(one["of"], one["code"]) for one in found}
    assert {
        ("program", "versions"),
        ("disk", "free"),
        ("ledger", "whole"),
        ("ledger", "mode"),
        ("worker", "lock"),
        ("braze_us", "list"),
        ("braze_us", "permission"),
        ("braze_us", "clock"),
        ("sf_core", "object"),
        ("punchh", "segments"),
        ("punchh", "redeemables"),
        ("mappings", "rules"),
        ("day one", "campaign-clock"),
    } <= tried


def test_a_refused_key_is_tried_once_and_the_refusal_is_kept(live_shop: Shop) -> None:
    shop = live_shop
    good = shop.config.read_text()
    shop.config.write_text(good.replace("admin_key = ", 'admin_key = "not-it"\n# '))

    def asked() -> int:
        with shop.box.world.lock:
            return sum(row.remote == "punchh" for row in shop.box.world.requests.rows())

    code, worth = _lines(shop)
    assert code == 1
    assert any(line.startswith("fails    punchh") and "(401)" in line for line in worth)
    assert asked() == 1
    for words in (("doctor",), ("mappings", "check", "--live"), ("explain", "Nothing"), ("plan",)):
        assert "left alone" in "".join(shop.inside(*words).__dict__[key] for key in ("out", "err"))
    assert asked() == 1
    shop.config.write_text(good)
    assert _lines(shop)[0] == 0


def test_each_thing_that_is_not_as_it_should_be_is_named(live_shop: Shop) -> None:
    shop = live_shop
    shop.switch("braze.missing_permissions", ("canvas.details",))
    shop.switch("salesforce.invalid_types", ("FlowRecord", "Campaign"))
    shop.switch("punchh.skew_seconds", 300)
    shop.mapping.write_text(shop.mapping.read_text().replace("Free Medium Fries", "Free Fryes", 1))
    shop.configure("campaign_clock", "# campaign_clock")
    shop.inside("pause", *WHY)
    code, worth = _lines(shop)
    assert code == 1
    for level, of, part in (
        ("fails", "braze_us", "canvas.details"),
        ("warning", "sf_core", "does not show all that is asked of FlowRecord"),
        ("warning", "sf_core", "does not show Campaign"),
        ("fails", "punchh", "the clock of punchh is "),
        ("fails", "mappings", "Punchh has no redeemable named “Free Fryes”"),
        ("warning", "ledger", "paused everything"),
        ("warning", "day one", "campaign_clock"),
    ):
        start = f"{level:8} {of:12} "
        assert any(line.startswith(start) and part in line for line in worth), (part, worth)


def test_a_missing_ledger_and_a_wrong_configuration_are_findings_too(shop: Shop) -> None:
    code, worth = _lines(shop)
    assert code == 1
    assert any("`connector init` makes one" in line for line in worth)
    shop.configure("[punchh]", "[punch]")
    code, worth = _lines(shop)
    assert code == 1
    assert all(line.startswith("fails    config") for line in worth)
    assert any("punch: is not a known key" in line for line in worth)


def test_the_doctor_tries_channels_when_it_is_told_to(live_shop: Shop) -> None:
    shop = live_shop
    with Ear() as ear, refusing() as dead:
        for name, url in (("slack", ear.url), ("dead", dead)):
            shop.configure("", f'[alerts.channels.{name}]\nkind = "webhook"\nurl = "{url}"\n')
        assert _lines(shop)[0] == 0
        assert ear.posts == []
        code, worth = _lines(shop, "--send-test")
        assert len(ear.posts) == 1
    assert code == 1
    assert [line for line in worth if "channel" in line] == [
        "fails    channel dead no connection: connection refused."
    ]


def test_the_doctor_names_the_worker_that_runs(live_shop: Shop) -> None:
    worker = live_shop.start("run")
    worker.wait_for("cycle.done")
    (lock,) = [one for one in _all(live_shop) if one["code"] == "lock"]
    assert f"process {worker.process.pid} on" in lock["told"]
    assert worker.stop()[0] == 0


# --- the units


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
@pytest.mark.parametrize("name", ["connector.service", "connector-web.service"])
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path, name: str) -> None:
    unit = (ROOT / "config" / name).read_text()
    program = "/opt/connector/.venv/bin/connector"
    assert program in unit
    written = tmp_path / name
    written.write_text(unit.replace(program, "/bin/true"))
    words = ["systemd-analyze", "verify", "--man=no", str(written)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_pages_are_shut_in_as_the_worker_is_and_have_limits() -> None:
    worker, web = (
        (ROOT / "config" / name).read_text().splitlines()
        for name in ("connector.service", "connector-web.service")
    )
    shut_in = [line for line in web if line != "SystemCallFilter=setpriority"]  # for its Nice=5
    assert shut_in[shut_in.index("UMask=0077") :] == worker[worker.index("UMask=0077") :]
    limits = {line.partition("=")[0] for line in web}
    assert {"MemoryMax", "TasksMax", "LimitNOFILE", "WatchdogSec"} <= limits
