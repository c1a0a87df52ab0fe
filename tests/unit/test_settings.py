"""The configuration: what overrides what, and the exact words for everything that is wrong."""

from datetime import timedelta
from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.settings import BrazeSettings, SalesforceSettings, Settings, ledger_url, load

BASE = """
[punchh]
base_url = "https://brand.punchh.com/"
admin_key = "s3cret"
user_agent = "Brand/1.0"
timezone = "America/New_York"
[sources.braze_us]
kind = "braze"
base_url = "https://rest.braze.com"
api_key = "s3cret"
timezone = "Europe/Berlin"
"""
SF = """
[sources.sf]
kind = "salesforce"
domain = "brand.my"
consumer_key = "s3cret"
consumer_secret = "s3cret"
"""
KEY = "CONNECTOR_PUNCHH__ADMIN_KEY"
LINE = "must be one line without blanks or special letters"
ADDRESS = "punchh.base_url: must be an address like https://host"
DURATION = "a duration is written like 30m, 2h, 1h30m or 7d"
LOGIN = (
    "sources.sf: give either consumer_secret (client credentials), "
    "or username and private_key_file (JWT)"
)


def read(folder: Path, text: str, **variables: str) -> Settings:
    path = folder / "connector.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, variables)


def problems(folder: Path, text: str, **variables: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        read(folder, text, **variables)
    assert "s3cret" not in str(error.value)
    shown = f"{folder / 'connector.toml'}: "
    return [line.removeprefix(shown) for line in error.value.problems]


def changed(before: str, after: str, text: str = BASE) -> str:
    assert before in text
    return text.replace(before, after, 1)


def test_what_is_not_written_has_a_default(tmp_path: Path) -> None:
    settings = read(tmp_path, BASE + SF)
    assert settings.ledger.url == f"sqlite:///{tmp_path}/ledger.db"
    assert settings.mappings.path == str(tmp_path.parent / "mappings")
    assert settings.schedule.lead_time == timedelta(minutes=30)
    assert settings.punchh.base_url == "https://brand.punchh.com"
    assert settings.punchh.campaign_clock is None
    braze, salesforce = settings.sources["braze_us"], settings.sources["sf"]
    assert isinstance(braze, BrazeSettings)
    assert isinstance(salesforce, SalesforceSettings)
    assert braze.earliest == timedelta(hours=14)
    assert salesforce.api_version == "62.0"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    text = '[ledger]\nurl = "sqlite:///data/l.db"\n[mappings]\npath = "m"\n'
    (tmp_path / "ca.pem").touch()
    settings = read(tmp_path, text + BASE + '[http]\nca_bundle = "ca.pem"\n')
    assert settings.ledger.url == f"sqlite:///{tmp_path}/data/l.db"
    assert settings.mappings.path == f"{tmp_path}/m"
    assert settings.http.ca_bundle == f"{tmp_path}/ca.pem"


def test_a_variable_overrides_the_file(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        BASE,
        CONNECTOR_PUNCHH__ADMIN_KEY=" other\n",
        connector_schedule__poll_seconds="30",
        CONNECTOR_SOURCES__BRAZE_US__TIMEZONE="UTC",
        CONNECTOR_LEDGER__URL="sqlite:///elsewhere.db",
        CONNECTOR_CONFIG="is no setting",
        PATH="/bin",
    )
    assert settings.punchh.admin_key.get_secret_value() == "other"
    assert settings.schedule.poll_seconds == 30
    assert settings.sources["braze_us"].model_dump()["timezone"] == "UTC"
    assert settings.ledger.url == f"sqlite:///{tmp_path}/elsewhere.db"


def test_a_source_can_be_given_by_variables_alone(tmp_path: Path) -> None:
    given = {"KIND": "salesforce", "DOMAIN": "x.my", "CONSUMER_KEY": "k", "CONSUMER_SECRET": "s"}
    variables = {f"CONNECTOR_SOURCES__NEW__{name}": value for name, value in given.items()}
    assert sorted(read(tmp_path, BASE, **variables).sources) == ["braze_us", "new"]


def test_secrets_also_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n")
    (tmp_path / "pem").write_text("-----BEGIN\nline\n")
    text = changed('admin_key = "s3cret"', 'admin_key_file = "key"')
    jwt = changed('consumer_secret = "s3cret"', 'username = "me"\nprivate_key_file = "pem"', SF)
    settings = read(tmp_path, text + jwt)
    assert settings.punchh.admin_key.get_secret_value() == "from-file"
    salesforce = settings.sources["sf"]
    assert isinstance(salesforce, SalesforceSettings)
    assert salesforce.private_key
    assert salesforce.private_key.get_secret_value() == "-----BEGIN\nline"


def test_of_a_secret_and_its_file_the_variable_wins(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file")
    by_file = changed('admin_key = "s3cret"', 'admin_key_file = "missing"')
    assert read(tmp_path, by_file, **{KEY: "var"}).punchh.admin_key.get_secret_value() == "var"
    settings = read(tmp_path, BASE, **{f"{KEY}_FILE": "key"})
    assert settings.punchh.admin_key.get_secret_value() == "from-file"


def test_nothing_shows_a_secret(tmp_path: Path) -> None:
    settings = read(tmp_path, BASE + SF)
    assert "s3cret" not in f"{settings!r}{settings}{settings.model_dump_json()}"


def test_init_finds_the_ledger_of_a_configuration_without_keys(tmp_path: Path) -> None:
    path = tmp_path / "connector.toml"
    path.write_text('[ledger]\nurl = "sqlite:///x.db"\n')
    assert ledger_url(path, {}) == f"sqlite:///{tmp_path}/x.db"
    variables = {"CONNECTOR_LEDGER__URL": "sqlite:///y.db"}
    assert ledger_url(path, variables) == f"sqlite:///{tmp_path}/y.db"


WRONG = {
    "[schedul]\nx = 1": "schedul: is not a known key: did you mean schedule?",
    "[schedule]\npoll_second = 5": (
        "schedule.poll_second: is not a known key: did you mean poll_seconds?"
    ),
    "[alerts.channels.mail]\nkind = 'email'\nhost = 'a'\nsender = 'a@b.c'\nto = ['a@b.c']\n"
    "pasword_file = 'x'": (
        "alerts.channels.mail.pasword_file: is not a known key: did you mean password_file?"
    ),
    "[ledger]\nurl = 'mysql://u:s3cret@h/db'": "ledger.url: must name a file: sqlite:///…",
    "[ledger]\nurl = 'postgresql+psycopg://u:s3cret@h/db'": (
        "ledger.url: PostgreSQL is not supported yet; use sqlite:///…"
    ),
    "[schedule]\nlead_time = 'soon'": f"schedule.lead_time: {DURATION}",
    "[schedule]\nlead_time = 30": f"schedule.lead_time: {DURATION}",
    "[schedule]\nmin_lead = '40m'": (
        "schedule: min_lead (40m) must not be longer than lead_time (30m)"
    ),
    "[schedule]\npoll_seconds = 1": "schedule.poll_seconds: must be at least 5",
    "[schedule]\npoll_seconds = 9999": "schedule.poll_seconds: must be at most 3600",
    "[schedule]\npoll_seconds = 'x'": "schedule.poll_seconds: must be a whole number",
    "[schedule]\npoll_seconds = 5.5": "schedule.poll_seconds: must be a whole number",
    "[schedule]\ncommit_ahead = '1m'": (
        "schedule: commit_ahead (1m) must be at least 17m + 2 polls (19m)"
    ),
    "[schedule]\nhorizon = '1h'": (
        "schedule: horizon (1h) must be at least lead_time + commit_ahead + 1d (1d2h)"
    ),
    "[safety]\nmax_commits_per_day = -1": "safety.max_commits_per_day: must be at least 0",
    "[http]\nproxy = 'x'": "http.proxy: must be an address like https://host",
    "[http]\nca_bundle = ''": "http.ca_bundle: must not be empty",
    "[http]\nca_bundle = 'no.pem'": "http.ca_bundle: names no file",
    "[safety]\nmax_commits_per_day = true": "safety.max_commits_per_day: must be a whole number",
}
CHANGED = {
    ('"https://brand.punchh.com/"', '"ftp://a"'): ADDRESS,
    ('"https://brand.punchh.com/"', '"brand.punchh.com"'): ADDRESS,
    ('"https://brand.punchh.com/"', '"https://SER VER"'): ADDRESS,
    ('"https://brand.punchh.com/"', '"https://[bad"'): ADDRESS,
    ('"https://brand.punchh.com/"', '"https://a:99999"'): ADDRESS,
    ('"https://brand.punchh.com/"', '"https://a?key=s3cret"'): ADDRESS,
    ('"https://brand.punchh.com/"', '"https://u:s3cret@a.com"'): (
        "punchh.base_url: must not hold a user name or password"
    ),
    ('"https://brand.punchh.com/"', '"http://a.com"'): (
        "punchh.base_url: must begin with https:// (http is for 127.0.0.1 only)"
    ),
    ('admin_key = "s3cret"', "admin_key = ''"): "punchh.admin_key: must not be empty",
    ('admin_key = "s3cret"', "admin_key = 7"): "punchh.admin_key: must be text in quotes",
    ('admin_key = "s3cret"', 'admin_key = "s3cret x"'): f"punchh.admin_key: {LINE}",
    ('admin_key = "s3cret"', 'admin_key = "s3cré"'): f"punchh.admin_key: {LINE}",
    ('admin_key = "s3cret"', 'admin_key_file = "s3cret"'): (
        "punchh: admin_key_file cannot be read (No such file or directory)"
    ),
    ('admin_key = "s3cret"', 'admin_key_file = "s3\\u0000cret"'): (
        "punchh: admin_key_file cannot be read (not a text file's name)"
    ),
    ('admin_key = "s3cret"', 'admin_key = "s3cret"\nadmin_key_file = "x"'): (
        "punchh: give admin_key or admin_key_file, not both"
    ),
    ('admin_key = "s3cret"\n', ""): (
        f"punchh.admin_key: is missing: write it in the file or set {KEY}"
    ),
    ('"Brand/1.0"', '"Brand\\n1"'): "punchh.user_agent: must be one line of plain letters",
    ("America/New_York", "../etc/passwd"): (
        "punchh.timezone: must be a time zone name like America/New_York"
    ),
    ("America/New_York", "America/NewYork"): (
        "punchh.timezone: must be a time zone name like America/New_York"
    ),
    ("Europe/Berlin", "Europe/Berlinn"): (
        "sources.braze_us.timezone: must be a time zone name like Europe/Berlin"
    ),
    ("user_agent", "campaign_clock = 'local'\nuser_agent"): (
        "punchh.campaign_clock: must be 'utc' or 'business'"
    ),
    ("user_agent", "on_429 = 'panic'\nuser_agent"): "punchh.on_429: must be 'wait' or 'unknown'",
    ('kind = "braze"', "earliest_offset = '+15:00'\nkind = 'braze'"): (
        "sources.braze_us: earliest_offset must be an offset from UTC like +14:00"
    ),
    ('kind = "braze"', "kind = 'mailchimp'"): (
        "sources.braze_us: is of an unknown `kind`: braze and salesforce are known"
    ),
    ('kind = "braze"\n', ""): "sources.braze_us: has no `kind`: braze or salesforce",
    ("braze_us", "Braze-US"): (
        "sources.Braze-US: a source's name is lower-case letters, digits and single underscores"
    ),
}
SALESFORCE = {
    ('"brand.my"', '"brand.my.salesforce.com"'): (
        "sources.sf: domain is the part before .salesforce.com, like brand.my"
    ),
    ('"brand.my"', '"a b"'): (
        "sources.sf.domain: must be the part before .salesforce.com, like brand.my"
    ),
    ("domain", "api_version = '59.0'\ndomain"): "sources.sf: api_version must be 61.0 or later",
    ("domain", "api_version = 'v62'\ndomain"): (
        "sources.sf.api_version: must be a version like 62.0"
    ),
    ('consumer_secret = "s3cret"', ""): LOGIN,
    ('consumer_secret = "s3cret"', 'consumer_secret = ""'): (
        "sources.sf.consumer_secret: must not be empty"
    ),
}


@pytest.mark.parametrize("written", WRONG)
def test_a_wrong_table(tmp_path: Path, written: str) -> None:
    assert problems(tmp_path, BASE + written) == [WRONG[written]]


@pytest.mark.parametrize("change", CHANGED, ids=lambda change: change[1])
def test_a_wrong_value(tmp_path: Path, change: tuple[str, str]) -> None:
    assert problems(tmp_path, changed(*change)) == [CHANGED[change]]


@pytest.mark.parametrize("change", SALESFORCE, ids=lambda change: change[1])
def test_a_wrong_salesforce_source(tmp_path: Path, change: tuple[str, str]) -> None:
    assert problems(tmp_path, BASE + changed(*change, SF)) == [SALESFORCE[change]]


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (
            {"CONNECTOR_PUNCH__ADMIN_KEY": "s3cret"},
            ("CONNECTOR_PUNCH__ADMIN_KEY: no setting is named so; "
            "did you mean CONNECTOR_PUNCHH__ADMIN_KEY?"),
        ),
        (
            {"CONNECTOR_CONFG": "x"},
            "CONNECTOR_CONFG: no setting is named so; did you mean CONNECTOR_CONFIG?",
        ),
        (
            {"CONNECTOR_PUNCHH__ADMIN_KEE": "s3cret"},
            ("CONNECTOR_PUNCHH__ADMIN_KEE: is not a known key: "
            "did you mean CONNECTOR_PUNCHH__ADMIN_KEY?"),
        ),
        ({KEY: "s3cret\ns3cret"}, f"{KEY}: {LINE}"),
        ({"connector_punchh__timezone": "s3cret"},
         "connector_punchh__timezone: must be a time zone name like America/New_York"),
        (
            {"CONNECTOR_PUNCHH": "s3cret"},
            "CONNECTOR_… variables: one that stands for a whole table is not JSON",
        ),
    ],
)  # fmt: skip
def test_a_wrong_variable_is_named(tmp_path: Path, variables: dict[str, str], told: str) -> None:
    assert problems(tmp_path, BASE, **variables) == [told]


def test_a_key_of_a_source_is_told_with_the_nearest_of_its_kind(tmp_path: Path) -> None:
    text = BASE + changed("domain", "consumer_kee = 'x'\ndomain", SF)
    told = "sources.sf.consumer_kee: is not a known key: did you mean consumer_key?"
    assert problems(tmp_path, text) == [told]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = changed('user_agent = "Brand/1.0"\n', "agent = 'x'\n")
    text = changed('timezone = "Europe/Berlin"\n', "", text) + "[nonsense]\n"
    assert problems(tmp_path, text, CONNECTOR_X="1") == [
        "CONNECTOR_X: no setting is named so: they are like CONNECTOR_PUNCHH__ADMIN_KEY",
        "punchh.user_agent: is missing: write it in the file or set CONNECTOR_PUNCHH__USER_AGENT",
        "punchh.agent: is not a known key: did you mean user_agent?",
        (
            "sources.braze_us.timezone: is missing: write it in the file or set "
            "CONNECTOR_SOURCES__BRAZE_US__TIMEZONE"
        ),
        "nonsense: is not a known key: correct or remove it",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["punchh: is missing: the file needs a table [punchh]",
              "sources: at least one source is needed: [sources.NAME]"]),
        ("sources = 3\npunchh = 's3cret'", ["punchh: must be a table", "sources: must be a table"]),
        (BASE.partition("[sources")[0] + "[sources]",
         ["sources: at least one source is needed: [sources.NAME]"]),
        ("a = [", ["is not TOML: look at end of document"]),
        ("a = 's3cret", ["is not TOML: look at end of document"]),
        ("a = s3cret", ["is not TOML: look at line 1, column 5"]),
    ],
)  # fmt: skip
def test_a_file_of_the_wrong_form(tmp_path: Path, text: str, told: list[str]) -> None:
    assert problems(tmp_path, text) == told
