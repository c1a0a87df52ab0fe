"""Messages on the wire: webhooks, letters, the dead man's switch; and no secret in what is said."""

import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from connector.alerts import open_channel
from connector.alerts.heartbeat import open_heartbeat
from connector.clock import SystemClock
from connector.domain.attention import Severity
from connector.domain.message import Message, News, Notice
from connector.errors import RemoteError
from connector.ports import Channel
from connector.settings import EmailSettings, HeartbeatSettings, WebhookSettings
from tests.support.certificates import certificate
from tests.support.ledger import NOW
from tests.support.mailserver import MailServer, Manners
from tests.support.rawserver import RawServer, Script, answer, read, refusing, reset, stall
from tests.support.wires import told_of
from tests.support.words import in_words

PATH = "/services/canary-path-1f"
TOKEN = "canary-token-2e"
PASSWORD = "canary-password-3d"
FRIES = Notice(
    News.BEGAN, Severity.CRITICAL, "unknown", "d1", "Fries & <!channel>", "nobody knows.", NOW
)
MESSAGE = Message((FRIES,))
FINE = [read, answer(b"ok", "200 OK", "Connection: close")]  # then it hangs up


@pytest.fixture
def events() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def _opened(settings: Any, **more: Any) -> Any:
    return open_channel("slack", settings, clock=SystemClock(), random=Random(1), **more)


def _webhook(url: str, **more: Any) -> Channel:
    given = {"kind": "webhook", "url": SecretStr(url + PATH)}
    channel: Channel = _opened(WebhookSettings(**given | more))
    return channel


def _failure(channel: Channel, message: Message = MESSAGE) -> str:
    with pytest.raises(RemoteError) as error:
        channel.send(message)
    for canary in (PATH, TOKEN, PASSWORD):
        assert canary not in told_of(error.value)
    return in_words(error.value.reason)


# --- webhooks


def test_slack_takes_what_the_default_template_makes(events: list[Any]) -> None:
    with RawServer(FINE) as server:
        assert _webhook(server.url).send(MESSAGE) == ""
        (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(f"POST {PATH} HTTP/1.1\r\n".encode())
    assert b"Content-Type: application/json" in head
    assert json.loads(body) == {
        "text": (
            "connector: critical: Fries &amp; &lt;!channel&gt; (unknown)\n\n"
            "CRITICAL: Fries &amp; &lt;!channel&gt; [d1, unknown]\nnobody knows."
        )
    }
    (event,) = events
    assert (event["remote"], event["path"], event["status"]) == ("channel:slack", "…", 200)
    assert PATH not in str(events)


def test_a_template_is_filled_with_json_and_a_token_is_sent() -> None:
    template = (
        '{"summary": {title}, "severity": {severity}, "body": {text}, "all": {notices}, "v": 1}'
    )
    with RawServer([read, answer(b"", "202 Accepted")]) as server:
        _webhook(server.url, body=template, token=SecretStr(TOKEN)).send(MESSAGE)
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert f"Authorization: Bearer {TOKEN}".encode() in head
    made = json.loads(body)
    assert (made["summary"], made["severity"], made["v"]) == (
        MESSAGE.title.replace("<!", "<\u200b!"),
        "critical",
        1,
    )
    assert made["body"] == MESSAGE.text.replace("<!", "<\u200b!")
    assert made["all"] == [
        {
            "news": "began",
            "severity": "critical",
            "code": "unknown",
            "subject": "d1",
            "about": "Fries & <\u200b!channel>",
            "told": "nobody knows.",
            "since": "2026-11-22T06:00:00Z",
        }
    ]


REFUSALS: list[tuple[Script, str]] = [
    ([read, answer(b"no_service", "404 Not Found")], "it answered with status 404"),
    ([read, answer(b"", "302 Found", "Location: /else")], "it redirects elsewhere (302)"),
    ([read, reset], "the connection broke before the reply was whole"),
    ([read, answer(PATH.encode(), "500 Oops")], "it answered with status 500"),
]


@pytest.mark.parametrize(("script", "told"), REFUSALS, ids=[told for _, told in REFUSALS])
def test_a_webhook_that_does_not_take_it_says_why_and_is_called_once(
    script: Script, told: str, events: list[Any]
) -> None:
    with RawServer(script) as server:
        assert _failure(_webhook(server.url, token=SecretStr(TOKEN))) == told
        assert len(server.requests) == 1
    assert PATH not in str(events) + told
    assert TOKEN not in str(events)


def test_nobody_listens() -> None:
    with refusing() as url:
        assert _failure(_webhook(url)) == "no connection: connection refused"


def test_a_silent_webhook_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = "connector.alerts.address.LIMITS"
    from connector.http.wire import Limits  # noqa: PLC0415

    monkeypatch.setattr(limits, Limits(connect=1.0, read=0.2, total=0.4, attempts=1))
    with RawServer([read, stall]) as server:
        assert _failure(_webhook(server.url)) == "no answer in time"


# --- mail


def _mail(server: MailServer, **more: Any) -> Channel:
    given: dict[str, Any] = {
        "kind": "email",
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "sender": "connector@brand.example",
        "to": ("ops@brand.example", "boss@brand.example"),
    }
    bundle = more.pop("ca_bundle", None)
    channel: Channel = _opened(EmailSettings(**given | more), ca_bundle=bundle)
    return channel


def test_a_letter_arrives_as_plain_text() -> None:
    with MailServer() as server:
        assert _mail(server).send(Message((FRIES,))) == ""
        (got,) = server.letters
    assert got.to == ["ops@brand.example", "boss@brand.example"]
    assert got.letter["Subject"] == MESSAGE.title
    assert got.letter["From"] == "connector@brand.example"
    assert got.letter["Auto-Submitted"] == "auto-generated"
    assert got.letter.get_content().splitlines() == MESSAGE.text.splitlines()
    assert got.letter["Date"].datetime is not None


def test_a_title_with_a_line_break_in_it_adds_no_header() -> None:
    bad = Notice(News.BEGAN, Severity.WARNING, "x", "d1", "A\nBcc: all@x.example", "so.", NOW)
    with MailServer() as server:
        _mail(server).send(Message((bad,)))
        (got,) = server.letters
    assert got.letter["Bcc"] is None
    assert got.to == ["ops@brand.example", "boss@brand.example"]


@pytest.mark.parametrize("at_once", [False, True], ids=["starttls", "tls"])
def test_a_login_goes_over_tls(tmp_path: Path, at_once: bool) -> None:
    pem = certificate(tmp_path)
    with MailServer(
        Manners(password=b64encode(f"\0me\0{PASSWORD}".encode()).decode()), pem, at_once=at_once
    ) as server:
        login = {"username": "me", "password": SecretStr(PASSWORD)}
        security = "tls" if at_once else "starttls"
        _mail(server, security=security, ca_bundle=str(pem), **login).send(MESSAGE)
        assert len(server.letters) == 1
        stranger = _mail(server, security=security, **login)
        assert _failure(stranger) == "the TLS connection failed: its certificate is self-signed"
        wrong = _mail(server, security=security, ca_bundle=str(pem), username="me",
                      password=SecretStr(PASSWORD + "x"))  # fmt: skip
        assert _failure(wrong) == "it refused username or password (535)"
        assert len(server.letters) == 1


def test_no_password_goes_to_a_server_without_tls() -> None:
    with MailServer(Manners(password="any")) as server:
        login = {"username": "me", "password": SecretStr(PASSWORD)}
        told = _failure(_mail(server, security="starttls", **login))
        assert told == "it does not offer what `security` or `username` want"
        assert PASSWORD not in str(server.manners.says)
        assert not any(line.startswith("AUTH") for line in server.manners.says)


def test_one_address_refused_is_told_and_the_letter_counts_as_sent() -> None:
    with MailServer(Manners(refused=frozenset({"boss@brand.example"}))) as server:
        assert _mail(server).send(MESSAGE) == "1 of the addresses in `to` were refused"
        assert [got.to for got in server.letters] == [["ops@brand.example"]]


def test_an_odd_goodbye_does_not_make_it_unsent() -> None:
    with MailServer(Manners(quit_code=421)) as server:
        assert _mail(server).send(MESSAGE) == ""
        assert len(server.letters) == 1


MANNERS = [
    (
        Manners(refused=frozenset({"boss@brand.example", "ops@brand.example"})),
        "it refused every address in `to`",
    ),
    (Manners(data_code=554), "it answered with code 554"),
    (Manners(silent=True), "the connection failed or broke: no answer in time"),
]


@pytest.mark.parametrize(("manners", "told"), MANNERS, ids=[told for _, told in MANNERS])
def test_a_mail_server_that_does_not_take_it(
    manners: Manners, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.alerts.mail.SECONDS", 0.3)
    with MailServer(manners) as server:
        assert _failure(_mail(server)) == told
        assert server.letters == []


def test_a_mail_server_that_is_not_there() -> None:
    server = MailServer()
    server.server_close()
    assert _failure(_mail(server)) == "the connection failed or broke: connection refused"


def test_a_bundle_that_is_gone_is_named(tmp_path: Path) -> None:
    with MailServer(certificate=certificate(tmp_path), at_once=True) as server:
        mail = _mail(server, security="tls", ca_bundle=str(tmp_path / "gone.pem"))
        told = _failure(mail)
    assert told == "the connection failed or broke: the file `http.ca_bundle` is gone"


def test_smtplib_asks_no_name_server_for_our_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda *_: pytest.fail("it asked"))
    with MailServer() as server:
        _mail(server).send(MESSAGE)


# --- the dead man's switch


def _beats(server: RawServer, suffix: str) -> list[bytes]:
    settings = HeartbeatSettings(url=SecretStr(server.url + PATH), fail_suffix=suffix)
    heartbeat = open_heartbeat(settings, clock=SystemClock(), random=Random(1))
    assert heartbeat
    heartbeat.beat(good=True)
    heartbeat.beat(good=False)
    heartbeat.close()
    return [request.split(b"\r\n")[0] for request in server.requests]


def test_a_good_cycle_is_a_sign_of_life_and_a_bad_one_its_own() -> None:
    good, bad = f"GET {PATH} HTTP/1.1".encode(), f"GET {PATH}/fail HTTP/1.1".encode()
    with RawServer(FINE) as server:
        assert _beats(server, "") == [good]
    with RawServer(FINE) as server:
        assert _beats(server, "/fail") == [good, bad]


def test_a_switch_that_does_not_answer_is_an_error_without_its_address(events: list[Any]) -> None:
    with refusing() as url:
        settings = HeartbeatSettings(url=SecretStr(url + PATH))
        heartbeat = open_heartbeat(settings, clock=SystemClock(), random=Random(1))
        assert heartbeat
        with pytest.raises(RemoteError) as error:
            heartbeat.beat(good=True)
    assert PATH not in told_of(error.value) + str(events)


def test_without_an_address_there_is_no_switch() -> None:
    assert open_heartbeat(HeartbeatSettings(), clock=SystemClock(), random=Random(1)) is None
