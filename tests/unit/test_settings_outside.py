"""The configuration as other systems hand it over: Kubernetes, Docker, editors, links, shells."""

import os
import tomllib
from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.settings import ledger_url, load, mapping_path, toml
from tests.unit.test_settings import BASE, KEY, changed, problems, read

# --- variables that Kubernetes injects for the Services of a namespace

SERVICE = {
    "CONNECTOR_SERVICE_HOST": "10.0.171.239",
    "CONNECTOR_SERVICE_PORT": "8080",
    "CONNECTOR_SERVICE_PORT_HTTP_METRICS": "8080",
    "CONNECTOR_PORT": "tcp://10.0.171.239:8080",
    "CONNECTOR_PORT_8080_TCP": "tcp://10.0.171.239:8080",
    "CONNECTOR_PORT_8080_TCP_PROTO": "tcp",
    "CONNECTOR_PORT_8080_TCP_PORT": "8080",
    "CONNECTOR_PORT_8080_TCP_ADDR": "10.0.171.239",
    "CONNECTOR_PORT_53_UDP": "udp://10.0.171.239:53",
    # a Service called connector-web, with an address of IPv6
    "CONNECTOR_WEB_SERVICE_HOST": "fd00:10:96::5",
    "CONNECTOR_WEB_PORT": "tcp://[fd00:10:96::5]:80",
    "CONNECTOR_WEB_PORT_80_TCP_ADDR": "fd00:10:96::5",
}


def test_what_kubernetes_injects_for_a_service_is_no_setting(tmp_path: Path) -> None:
    assert read(tmp_path, BASE, **SERVICE) == read(tmp_path, BASE)
    assert ledger_url(tmp_path / "connector.toml", SERVICE).endswith("/ledger.db")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONNECTOR_PORT", "8080"),
        ("CONNECTOR_PORT", "https://10.0.0.1:80"),
        ("CONNECTOR_PORT", "tcp://connector:8080"),
        ("CONNECTOR_PORT", "tcp://999.0.0.1:80"),
        ("connector_port", "tcp://10.0.0.1:80"),
        ("CONNECTOR_WEB_PORT", "8080"),
        ("CONNECTOR_SERVICE_HOST", "connector.default.svc"),
        ("CONNECTOR_SERVICE_PORT", "http"),
        ("CONNECTOR_SERVICE_PORT_", "80"),
        ("CONNECTOR_SERVICE_PROTO", "tcp"),
        ("CONNECTOR_PORT_8080_TCP_ADDRESS", "10.0.0.1"),
        ("CONNECTOR_PORT_8080_TCP_PROTO", "http"),
        ("CONNECTOR_PORT_HTTP_TCP", "tcp://10.0.0.1:80"),
        ("CONNECTOR__SERVICE_HOST", "10.0.0.1"),
        ("CONNECTOR_HOST", "10.0.0.1"),
    ],
)
def test_what_only_looks_like_it_stays_an_error(tmp_path: Path, name: str, value: str) -> None:
    (told,) = problems(tmp_path, BASE, **{name: value})
    assert told.startswith(f"{name}: ")


# --- quotes that an env file leaves around a value, and a BOM


@pytest.mark.parametrize("value", ['"s3cret"', "'s3cret'", '""'])
def test_a_variable_in_quotes_is_told_once(tmp_path: Path, value: str) -> None:
    for name in (KEY, "CONNECTOR_PUNCHH__TIMEZONE", "CONNECTOR_SCHEDULE__POLL_SECONDS"):
        told = problems(tmp_path, BASE, **{name: value})
        assert [line for line in told if "quotes" in line] == told[:1]
        assert told[0].startswith(f"{name}: ")


def test_a_right_value_in_quotes_is_told_of_its_quotes_alone(tmp_path: Path) -> None:
    for name, value in ((KEY, "s3cret"), ("CONNECTOR_PUNCHH__TIMEZONE", "America/Chicago")):
        (told,) = problems(tmp_path, BASE, **{name: f'"{value}"'})
        assert "quotes" in told


def test_json_has_quotes_within(tmp_path: Path) -> None:
    variables = {"CONNECTOR_WEB__HOSTS": '["connector.brand.com"]'}
    assert read(tmp_path, BASE, **variables).web.hosts == ("connector.brand.com",)


@pytest.mark.parametrize("quoted", ['"s3cret"', "'s3cret'"])
def test_a_key_in_quotes_of_its_own_is_refused(tmp_path: Path, quoted: str) -> None:
    (tmp_path / "key").write_text(f"{quoted}\n")
    by_file = changed('admin_key = "s3cret"', 'admin_key_file = "key"')
    in_file = changed('admin_key = "s3cret"', f"admin_key = '''{quoted}'''")
    for text in (by_file, in_file):
        (told,) = problems(tmp_path, text)
        assert told.startswith("punchh.admin_key: ")
        assert "quotes" in told


def test_a_bom_is_no_part_of_the_file_or_a_key(tmp_path: Path) -> None:
    path, bom = tmp_path / "connector.toml", b"\xef\xbb\xbf"
    (tmp_path / "key").write_bytes(bom + b"from-file\r\n")
    text = changed('admin_key = "s3cret"', 'admin_key_file = "key"')
    path.write_bytes(bom + text.encode().replace(b"\n", b"\r\n"))
    assert load(path, {}).punchh.admin_key.get_secret_value() == "from-file"
    assert ledger_url(path, {}) == f"sqlite:///{tmp_path}/ledger.db"
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "punchh.admin_key").write_bytes(bom + b"credential\n")
    given = {"CREDENTIALS_DIRECTORY": str(credentials)}
    assert load(path, given).punchh.admin_key.get_secret_value() == "credential"


def test_brackets_without_end_are_told(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "a = " + "[" * 5000)
    assert told.startswith("is not TOML")


# --- paths


def test_paths_are_not_followed_through_links(tmp_path: Path) -> None:
    (tmp_path / "releases" / "1" / "config").mkdir(parents=True)
    (tmp_path / "current").symlink_to("releases/1")
    real = tmp_path / "releases" / "1" / "config" / "real.toml"
    real.write_text(BASE, encoding="utf-8")
    link = tmp_path / "current" / "config" / "connector.toml"
    link.symlink_to("real.toml")
    settings = load(link, {})
    assert settings.ledger.url == f"sqlite:///{tmp_path}/current/config/ledger.db"
    assert settings.mappings.path == f"{tmp_path}/current/mappings"
    assert ledger_url(link, {}) == settings.ledger.url
    assert mapping_path(link, {}) == Path(settings.mappings.path)


def test_a_relative_name_of_the_file_makes_absolute_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "connector.toml").write_text(BASE, encoding="utf-8")
    assert load(Path("connector.toml"), {}).ledger.url == f"sqlite:///{tmp_path}/ledger.db"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///~/ledger.db",
        "sqlite:///~connector/ledger.db",
        "sqlite:///$HOME/ledger.db",
        "sqlite:///data/${NAME}.db",
        "sqlite:///ledger.db?mode=ro",
        "sqlite:///what?/ledger.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///data/",
        "sqlite:///a\\nb.db",
        "sqlite:///a\\u0000b.db",
        "sqlite://ledger.db",
        f"sqlite:///{'l' * 201}",
        f"sqlite:///{'folder/' * 80}ledger.db",
    ],
)
def test_a_ledger_url_that_names_no_file_is_refused(tmp_path: Path, url: str) -> None:
    (told,) = problems(tmp_path, f'[ledger]\nurl = "{url}"\n' + BASE)
    assert told.startswith("ledger.url: ")
    (tmp_path / "connector.toml").write_text(f'[ledger]\nurl = "{url}"\n', encoding="utf-8")
    with pytest.raises(ConfigError):
        ledger_url(tmp_path / "connector.toml", {})


@pytest.mark.parametrize("path", ["~/mappings", "$HOME/mappings", "m" * 256, "m\\tm", "m/" * 2100])
def test_a_path_that_a_shell_would_have_to_change_is_refused(tmp_path: Path, path: str) -> None:
    (told,) = problems(tmp_path, f'[mappings]\npath = "{path}"\n' + BASE)
    assert told.startswith("mappings.path: ")
    key = changed('admin_key = "s3cret"', f'admin_key_file = "{path}"')
    (told,) = problems(tmp_path, key)
    assert told.startswith("punchh: admin_key_file ")


def test_a_wrong_early_table_is_a_line_and_not_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "connector.toml"
    path.write_text("ledger = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="ledger: must be a table"):
        ledger_url(path, {})
    with pytest.raises(ConfigError, match="CONNECTOR_MAPPINGS__PATH"):
        mapping_path(path, {"CONNECTOR_MAPPINGS__PATH": "~/x"})


# --- zones


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("america/chicago", "America/Chicago"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("(GMT-08:00) Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("Etc/GMT+5", "Etc/GMT+5"),
    ],
)
def test_zones_are_read_as_those_of_remotes_are(tmp_path: Path, name: str, key: str) -> None:
    settings = read(tmp_path, changed("America/New_York", name))
    assert settings.punchh.timezone == key


@pytest.mark.parametrize(
    ("name", "offered", "kept_back"),
    [
        ("GMT-5", ("America/New_York", "America/Chicago", "Etc/GMT+5"), "Etc/GMT-5"),
        ("EST", ("America/New_York", "America/Panama"), ""),
        ("CST", ("America/Chicago", "America/Regina", "Asia/Shanghai"), ""),
        ("Pacific Time", ("America/Los_Angeles",), ""),
        ("localtime", ("like America/New_York",), ""),
        ("posix/America/New_York", ("like America/New_York",), ""),
        ("right/America/New_York", ("like America/New_York",), ""),
        ("posixrules", ("like America/New_York",), ""),
    ],
)
def test_what_is_no_zone_gets_the_right_ones(
    tmp_path: Path, name: str, offered: tuple[str, ...], kept_back: str
) -> None:
    (told,) = problems(tmp_path, changed("America/New_York", name))
    assert told.startswith("punchh.timezone: ")
    assert all(zone in told for zone in offered)
    assert not kept_back or kept_back not in told


# --- TOML to be pasted


@pytest.mark.parametrize(
    "name",
    ["ada", "ada_b-2", "ada@brand.com", "BRAND\\ada", 'Ada "Byte" L', "Ada Lovelace", "añada",
     "a\nb\x7f", "🍟", ""],
)  # fmt: skip
def test_a_name_of_any_letters_can_be_pasted_as_a_key(name: str) -> None:
    table = tomllib.loads(f"[web.users.{toml.key(name)}]\nx = {toml.text(name)}\n")
    assert table == {"web": {"users": {name: {"x": name}}}}


def test_a_name_that_is_no_text_is_still_toml() -> None:
    name = os.fsdecode(b"ada\xff")
    assert tomllib.loads(f"{toml.key(name)} = 1") == {"ada?": 1}


def test_the_credential_of_a_user_with_a_dot_in_the_name_finds_its_place(tmp_path: Path) -> None:
    hashed = f"scrypt:32768:8:1:{'a' * 22}:{'b' * 43}"
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "web.users.ada@brand.com.password_hash").write_text(hashed)
    users = '[web.users."ada@brand.com"]\nrole = "approver"\n'
    given = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    secret = read(tmp_path, BASE + users, **given).web.users["ada@brand.com"].password_hash
    assert secret is not None
    assert secret.get_secret_value() == hashed
