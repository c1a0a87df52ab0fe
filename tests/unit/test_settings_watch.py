"""Alerts, heartbeat, health, and systemd's credentials: what they take and what they refuse."""

from datetime import timedelta
from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.settings import EmailSettings, WebhookSettings, load
from tests.unit.test_settings import BASE, KEY, SF, problems, read

SLACK = """
[alerts.channels.slack]
kind = "webhook"
url = "https://hooks.slack.com/services/s3cret"
"""
MAIL = """
[alerts.channels.mail]
kind = "email"
host = "smtp.brand.example"
username = "me"
password = "s3cret"
sender = "connector@brand.example"
to = ["ops@brand.example"]
"""


def test_nobody_is_told_and_nothing_is_served_without_a_word(tmp_path: Path) -> None:
    settings = read(tmp_path, BASE)
    assert settings.alerts.channels == {}
    assert settings.heartbeat.url is None
    assert settings.health.port is None


def test_channels_routes_and_the_rest_are_read(tmp_path: Path) -> None:
    routes = '[alerts]\nrepeat_after = "4h"\n[alerts.routes]\nmarketers = ["slack"]\n'
    more = (
        '[heartbeat]\nurl = "https://hc-ping.com/s3cret"\nfail_suffix = "/fail"\n[health]\nport = 0'
    )
    settings = read(tmp_path, BASE + routes + SLACK + MAIL + more)
    slack, mail = settings.alerts.channels["slack"], settings.alerts.channels["mail"]
    assert isinstance(slack, WebhookSettings)
    assert slack.url.get_secret_value() == "https://hooks.slack.com/services/s3cret"
    assert isinstance(mail, EmailSettings)
    assert (mail.port, mail.security) == (587, "starttls")
    assert settings.alerts.repeat_after == timedelta(hours=4)
    assert settings.alerts.routes.marketers == ("slack",)
    assert settings.alerts.routes.operators is None
    assert settings.heartbeat.fail_suffix == "/fail"
    assert (settings.health.host, settings.health.port) == ("127.0.0.1", 0)
    assert "s3cret" not in f"{settings!r}{settings.model_dump_json()}"


def test_a_webhook_s_address_may_end_as_it_likes_and_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("https://x.example/hook/?sig=s3cret\n")
    text = SLACK.replace('url = "https://hooks.slack.com/services/s3cret"', 'url_file = "hook"')
    slack = read(tmp_path, BASE + text).alerts.channels["slack"]
    assert isinstance(slack, WebhookSettings)
    assert slack.url.get_secret_value() == "https://x.example/hook/?sig=s3cret"


URL = '"https://hooks.slack.com/services/s3cret"'
TEMPLATE = "must be JSON with {text}, {slack}, {title}, {severity} or {notices} for values"
MORE = "alerts.channels"
WRONG = {
    (URL, '"http://hooks.slack.com/s3cret"'): (
        f"{MORE}.slack.url: must begin with https:// (http is for 127.0.0.1 only)"
    ),
    (URL, '"hooks.slack.com/s3cret"'): f"{MORE}.slack.url: must be an address like https://host",
    (URL, '""'): f"{MORE}.slack.url: must not be empty",
    ("kind =", 'body = \'{"text": "{text}"}\'\nkind ='): f"{MORE}.slack.body: {TEMPLATE}",
    ("kind =", "body = '{\"text\": {txt}}'\nkind ="): f"{MORE}.slack.body: {TEMPLATE}",
    ('"webhook"', '"pager"'): (
        f"{MORE}.slack: is of an unknown `kind`: webhook and email are known"
    ),
    ('kind = "webhook"\n', ""): f"{MORE}.slack: has no `kind`: webhook or email",
    ("channels.slack", "channels.Slack-1"): (
        f"{MORE}.Slack-1: a channel's name is lower-case letters, digits and single underscores"
    ),
    ("[alerts", '[alerts.routes]\noperators = ["mial"]\n[alerts'): (
        "alerts: routes.operators names a channel that is not there: mial"
    ),
    ("[alerts", '[alerts.routes]\npeople = ["slack"]\n[alerts'): (
        "alerts.routes.people: is not a known key: correct or remove it"
    ),
    ("[alerts", '[alerts]\nrepeat_after = "often"\n[alerts'): (
        "alerts.repeat_after: a duration is written like 30m, 2h, 1h30m or 7d"
    ),
    ("[alerts", "[health]\nport = 99999\n[alerts"): "health.port: must be at most 65535",
    ("[alerts", '[heartbeat]\nfail_suffix = "fail"\n[alerts'): (
        "heartbeat.fail_suffix: must be a path like /fail"
    ),
}
MAILS = {
    ('["ops@brand.example"]', "[]"): f"{MORE}.mail.to: must name an address",
    ('"ops@brand.example"', '"ops at brand"'): (
        f"{MORE}.mail.to.0: must be a mail address like ops@example.com"
    ),
    ('"connector@brand.example"', '"a@b\\nBcc: c@d"'): (
        f"{MORE}.mail.sender: must be a mail address like ops@example.com"
    ),
    ('password = "s3cret"\n', ""): f"{MORE}.mail: give username and password, or neither",
    ("kind =", 'security = "none"\nkind ='): (
        f"{MORE}.mail: security must be starttls or tls where a password is sent"
    ),
    ("kind =", "port = 0\nkind ="): f"{MORE}.mail.port: must be at least 1",
}


@pytest.mark.parametrize("change", WRONG, ids=lambda change: change[1])
def test_a_wrong_webhook(tmp_path: Path, change: tuple[str, str]) -> None:
    before, after = change
    assert problems(tmp_path, BASE + SLACK.replace(before, after, 1)) == [WRONG[change]]


@pytest.mark.parametrize("change", MAILS, ids=lambda change: change[1])
def test_a_wrong_mail_channel(tmp_path: Path, change: tuple[str, str]) -> None:
    before, after = change
    assert problems(tmp_path, BASE + MAIL.replace(before, after, 1)) == [MAILS[change]]


# --- systemd's credentials


def _credentials(folder: Path, **files: str) -> dict[str, str]:
    place = folder / "credentials"
    place.mkdir()
    for name, text in files.items():
        (place / name.replace("__", ".")).write_text(text)
    return {"CREDENTIALS_DIRECTORY": str(place)}


def test_a_credential_is_named_like_its_key(tmp_path: Path) -> None:
    given = _credentials(
        tmp_path,
        punchh__admin_key="from-systemd\n",
        sources__braze_us__api_key="braze-too",
        alerts__channels__slack__url="https://x.example/s3cret",
        of_another_program="\xff",
    )
    text = BASE.replace('api_key = "s3cret"\n', 'api_key_file = "not-there"\n')
    text = text.replace('admin_key = "s3cret"\n', "") + SLACK
    settings = read(tmp_path, text, **given)
    assert settings.punchh.admin_key.get_secret_value() == "from-systemd"
    assert settings.sources["braze_us"].model_dump()["api_key"].get_secret_value() == "braze-too"
    slack = settings.alerts.channels["slack"]
    assert isinstance(slack, WebhookSettings)
    assert slack.url.get_secret_value() == "https://x.example/s3cret"


def test_a_credential_is_over_the_file_and_a_variable_over_both(tmp_path: Path) -> None:
    given = _credentials(tmp_path, punchh__admin_key="from-systemd")
    assert read(tmp_path, BASE, **given).punchh.admin_key.get_secret_value() == "from-systemd"
    found = read(tmp_path, BASE, **given, **{KEY: "var"})
    assert found.punchh.admin_key.get_secret_value() == "var"


def test_a_credential_for_no_key_is_told(tmp_path: Path) -> None:
    given = _credentials(tmp_path, punchh__admin_kee="s3cret")
    told = ["punchh.admin_kee: is not a known key: did you mean admin_key?"]
    assert problems(tmp_path, BASE, **given) == told


def test_a_credential_where_the_file_has_no_table_is_told(tmp_path: Path) -> None:
    given = _credentials(tmp_path, punchh__admin_key="s3cret")
    text = "punchh = 3\n[sources" + BASE.partition("[sources")[2]
    assert problems(tmp_path, text, **given) == ["punchh: must be a table"]


def test_credentials_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "connector.toml"
    path.write_text(BASE + SF)
    with pytest.raises(ConfigError, match="CREDENTIALS_DIRECTORY: its credentials cannot be read"):
        load(path, {"CREDENTIALS_DIRECTORY": str(tmp_path / "nowhere")})
