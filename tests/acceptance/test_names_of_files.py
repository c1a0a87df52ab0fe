"""Names and places of files that people get wrong, as they meet them on the command line."""

import io
import os
import tomllib

import pytest

from connector.cli.verbs import web_hash_password
from tests.support.console import Done, Shop, inside
from tests.unit.test_settings_outside import SERVICE

LONG = "n" * 300


def one_line(done: Done, code: int) -> str:
    assert (done.code, done.out) == (code, ""), done
    (line,) = done.said
    assert line.startswith("connector: ")
    assert "fault of the connector" not in line
    return line


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--config", LONG, "status"), 2),
        (("--config", LONG, "init"), 2),
        (("--config", f"{LONG}/connector.toml", "init"), 2),
        (("ledger", "backup", LONG), 1),
        (("ledger", "backup", f"{LONG}/b.db"), 1),
        (("ledger", "restore", LONG), 1),
        (("mappings", "diff", LONG), 2),
        (("offers", "--canary", "vip", "--basket", LONG), 2),
    ],
    ids=lambda value: " ".join(value).replace(LONG, "LONG") if isinstance(value, tuple) else "",
)
def test_a_name_that_is_too_long_is_one_line(
    live_shop: Shop, words: tuple[str, ...], code: int
) -> None:
    one_line(live_shop.inside(*words), code)


@pytest.mark.parametrize(
    "variable",
    [
        {"CONNECTOR_LEDGER__URL": f"sqlite:///{LONG}.db"},
        {"CONNECTOR_LEDGER__URL": "sqlite:///~/ledger.db"},
        {"CONNECTOR_LEDGER__URL": "sqlite:///ledger.db?mode=ro"},
        {"CONNECTOR_MAPPINGS__PATH": LONG},
        {"CONNECTOR_MAPPINGS__PATH": "~/mappings"},
        {"CONNECTOR_PUNCHH__ADMIN_KEY": '"a-key-in-quotes"'},
        {"CONNECTOR_PUNCHH__TIMEZONE": "GMT-5"},
        {"CONNECTOR_HTTP__CA_BUNDLE": LONG},
    ],
    ids=lambda variable: next(iter(variable)),
)
def test_a_setting_that_cannot_be_meant_is_one_line(shop: Shop, variable: dict[str, str]) -> None:
    (name,) = variable
    for verb in ("status", "init"):
        assert name in one_line(shop.inside(verb, more=variable), 2)
    assert not shop.ledger.exists()
    assert not (shop.config.parent / "~").exists()


def test_a_first_init_tells_a_wrong_variable_too(shop: Shop) -> None:
    folder = shop.folder / "new"
    folder.mkdir()
    variables = {"CONNECTOR_LEDGER__URL": "sqlite:///~/ledger.db"}
    done = inside(folder, "init", variables=variables)
    assert (done.code, done.out) == (2, "wrote config/connector.toml\n")
    assert len(done.said) == 1
    assert {path.name for path in folder.rglob("*.db")} == set()


def test_a_service_called_connector_stops_no_verb(shop: Shop) -> None:
    shop.variables |= SERVICE
    assert shop.run("init").code == 0
    for verb in ("status", "plan", "doctor", "ledger list", "mappings check"):
        assert shop.inside(*verb.split()).code == 0, verb
    assert "CONNECTOR_PORT" in one_line(shop.inside("status", more={"CONNECTOR_PORT": "8080"}), 2)


def test_a_configuration_saved_by_notepad_is_read(shop: Shop) -> None:
    text = shop.config.read_text(encoding="utf-8")
    shop.config.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert shop.inside("init").code == 0
    assert shop.inside("status").code == 0
    shop.config.write_bytes(text.encode("utf-16"))
    assert "UTF-8" in one_line(shop.inside("status"), 2)


def test_a_folder_that_is_not_ours_to_enter_is_one_line(live_shop: Shop) -> None:
    """Where a path leads through a file, as through a folder without rights, nothing is known."""
    file = live_shop.folder / "file"
    file.touch()
    more = {"CONNECTOR_LEDGER__URL": f"sqlite:///{file}/ledger.db"}
    one_line(live_shop.inside("status", more=more), 1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", ["ada@brand.com", 'BRAND\\ada "the" first', "ada"])
def test_what_hash_password_prints_can_be_pasted(
    live_shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(web_hash_password, "getpass", lambda _: "correct horse battery")
    done = live_shop.inside("web", "hash-password", more={"LOGNAME": name})
    assert done.code == 0
    table = done.out[done.out.index("[") :]
    assert list(tomllib.loads(table)["web"]["users"]) == [name]
    live_shop.config.write_text(live_shop.config.read_text() + table)
    assert live_shop.inside("status").code == 0


# --- files of the mapping folder that are passed over


def test_a_file_that_windows_named_is_an_error(shop: Shop) -> None:
    for name in ("friday.yaml.txt", "FRIDAY.YML.TXT", "friday.yaml ", "friday.YAML"):
        path = shop.mapping.with_name(name)
        path.write_text("version: 1\n")
        done = shop.inside("mappings", "check")
        assert done.code == 2, name
        assert name in done.err
        assert "rename it to" in done.err
        path.unlink()
    assert shop.inside("mappings", "check").code == 0


def test_a_folder_within_the_folder_and_a_file_put_aside_are_told(shop: Shop) -> None:
    shop.inside("init")
    for name in ("summer/fries.yaml", "old.yaml.bak", ".git/x.yaml", "#a.yaml#", ".a.yaml.swp",
                 "a.yaml~", "._a.yaml", "pictures/a.png"):  # fmt: skip
        path = shop.mapping.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("version: 1\n")
    done = shop.inside("mappings", "check")
    assert done.code == 0
    told = [line for line in done.out.splitlines() if ": warning: " in line or ": note: " in line]
    assert len(told) == 2, done.out
    assert "mappings/old.yaml.bak: note: " in told[0]
    assert "mappings/summer: warning: " in told[1]
    assert "18 rules can be used" in done.out
    assert "mappings/summer" in shop.inside("doctor").out
    annotations = shop.inside("mappings", "check", "--format", "github").out
    assert "::warning file=mappings/summer" in annotations


def test_a_folder_with_nothing_but_such_files_is_told_of_them(shop: Shop) -> None:
    shop.mapping.rename(shop.mapping.with_name("restaurant.yaml.txt"))
    done = shop.inside("mappings", "check")
    assert done.code == 2
    assert "restaurant.yaml.txt" in done.err
    os.mkdir(shop.mapping)  # noqa: PTH102  a folder by a mapping file's name is none
    (shop.mapping / "inner.yaml").touch()
    assert "mappings/restaurant.yaml:" in shop.inside("mappings", "check").err
