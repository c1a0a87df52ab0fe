"""Links as deployments lay them out, and links that somebody plants."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.cli.verbs.sandbox import configuration
from connector.ledger import Ledger
from tests.support.console import Done, Shop, inside
from tests.support.pages import configured, served

RULES = """version: 1
rules:
  - name: {name}
    match: {{send: "{send}*"}}
    ignore: no offer goes with it
"""


class ConfigMap:
    """A folder as Kubernetes mounts a ConfigMap: each file a link through `..data`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._turn = folder, 0
        folder.mkdir()

    def put(self, **files: str) -> None:
        """Swap all files at once, as the kubelet does: by one rename; then the old ones go."""
        self._turn += 1
        new, data = self.folder / f"..2026_{self._turn}", self.folder / "..data"
        new.mkdir()
        for name, text in files.items():
            (new / name.replace("_", ".")).write_text(text, encoding="utf-8")
        old = data.resolve() if data.is_symlink() else None
        (self.folder / "..data_tmp").symlink_to(new.name)
        (self.folder / "..data_tmp").rename(data)
        for path in new.iterdir():
            if not (link := self.folder / path.name).is_symlink():
                link.symlink_to(f"..data/{path.name}")
        if old is not None:
            shutil.rmtree(old)


@pytest.fixture
def mounted(shop: Shop) -> ConfigMap:
    """Mount the shop's configuration and one rule, the ledger's volume beside."""
    (shop.folder / "data").mkdir()
    text = configuration(shop.box, ".")
    text = f'[ledger]\nurl = "sqlite:///../data/ledger.db"\n{text}'
    found = ConfigMap(shop.folder / "etc")
    found.put(connector_toml=text, rules_yaml=RULES.format(name="first", send="Friday"))
    shop.variables["CONNECTOR_CONFIG"] = str(found.folder / "connector.toml")
    return found


def _everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_config_map_is_taken_as_it_is_mounted(shop: Shop, mounted: ConfigMap) -> None:
    before = _everything(mounted.folder)
    made = shop.inside("init")
    assert made.code == 0, made
    assert _everything(mounted.folder) == before
    assert (shop.folder / "data" / "ledger.db").is_file()
    assert shop.inside("mappings", "check").code == 0
    assert shop.inside("init").code == 1  # no second ledger


def test_a_running_worker_sees_a_swapped_config_map(shop: Shop, mounted: ConfigMap) -> None:
    assert shop.inside("init").code == 0
    worker = shop.start("run")
    worker.wait_for("cycle.done")
    (first,) = worker.named("mappings.loaded") or [{"digest": ""}]
    config = (mounted.folder / "connector.toml").read_text()
    mounted.put(connector_toml=config, rules_yaml=RULES.format(name="second", send="Taco"))
    worker.cycle()
    (*_, second) = worker.wait_for("mappings.loaded")
    assert second["digest"] != first["digest"]
    assert worker.named("mappings.invalid") == []
    assert worker.stop()[0] == 0
    told = shop.inside("explain", "Taco Tuesday").out
    assert "second" in told


def test_a_release_that_current_leads_to_is_swapped_under_the_same_paths(shop: Shop) -> None:
    for number, name in ((1, "first"), (2, "second")):
        release = shop.folder / "releases" / str(number)
        (release / "config").mkdir(parents=True)
        (release / "mappings").mkdir()
        (release / "mappings" / "a.yaml").write_text(RULES.format(name=name, send="Taco"))
        text = f'[ledger]\nurl = "sqlite:///{shop.ledger}"\n{configuration(shop.box)}'
        (release / "config" / "connector.toml").write_text(text)
    current = shop.folder / "current"
    current.symlink_to("releases/1")
    shop.variables["CONNECTOR_CONFIG"] = str(current / "config" / "connector.toml")
    assert shop.inside("init").code == 0
    assert "first" in shop.inside("explain", "Taco Tuesday").out
    current.unlink()
    current.symlink_to("releases/2")
    assert "second" in shop.inside("explain", "Taco Tuesday").out
    shutil.rmtree(shop.folder / "releases" / "1")
    assert shop.inside("mappings", "check").code == 0


def test_a_ledger_behind_a_link_to_the_configuration_gets_no_second_beside_it(shop: Shop) -> None:
    assert shop.inside("init").code == 0
    link = shop.folder / "etc" / "connector.toml"
    link.parent.mkdir()
    link.symlink_to(shop.config)
    done = shop.inside("--config", str(link), "init")
    assert (done.code, done.out) == (2, "")
    assert f'ledger.url = "sqlite:///{shop.ledger}"' in done.err
    assert _everything(link.parent) == {"connector.toml"}


# --- init and the example


def test_init_writes_no_rules_beside_a_configuration_of_somebody_else(shop: Shop) -> None:
    shutil.rmtree(shop.mapping.parent)
    done = shop.inside("init")
    assert done.code == 0
    assert not shop.mapping.parent.exists()
    assert str(shop.mapping.parent) in done.out
    again = shop.inside("init", "--example-mappings")  # the ledger stands: only they are wanted
    assert (again.code, again.err) == (0, "")
    assert shop.mapping.is_file()


def test_init_writes_its_example_where_the_configuration_looks(tmp_path: Path) -> None:
    variables = {"CONNECTOR_MAPPINGS__PATH": str(tmp_path / "rules")}
    done = inside(tmp_path, "init", variables=variables)
    assert done.code == 0
    assert (tmp_path / "rules" / "restaurant.yaml").is_file()
    assert not (tmp_path / "mappings").exists()


def test_init_leaves_links_that_lead_nowhere_alone(shop: Shop) -> None:
    shutil.rmtree(shop.mapping.parent)
    shop.mapping.parent.symlink_to("gone")
    assert shop.inside("init", "--example-mappings").code == 0
    assert not (shop.folder / "gone").exists()
    link = shop.folder / "etc.toml"
    link.symlink_to("gone.toml")
    done = shop.inside("--config", str(link), "init")
    assert (done.code, done.out) == (2, "")
    assert not (shop.folder / "gone.toml").exists()


# --- planted links in the mapping folder

SECRET = "do-not-show-this"


def _told(done: Done) -> str:
    assert done.code == 2, done
    assert SECRET not in done.out + done.err
    assert "Traceback" not in done.err
    return done.err


TARGETS = (
    "/proc/self/environ",
    "/dev/zero",
    "{folder}/config/connector.toml",
    "{folder}/outside.yaml",
    "{folder}/mappings/../outside.yaml",
    "../outside.yaml",
    "notes",  # in the folder, but no mapping file
    "loop.yaml",
    "gone.yaml",
)


def test_a_link_out_of_the_mapping_folder_shows_nothing(shop: Shop) -> None:
    shop.inside("init")
    shop.variables["OTHER_SECRET"] = SECRET
    shop.configure("", f"# {SECRET}\n")
    for name in ("outside.yaml", "mappings/notes"):
        (shop.folder / name).write_text(f"{SECRET}: [", encoding="utf-8")
    planted = shop.mapping.with_name("loop.yaml")
    for target in TARGETS:
        planted.unlink(missing_ok=True)
        planted.symlink_to(target.format(folder=shop.folder))
        assert "loop.yaml" in _told(shop.inside("mappings", "check")), target
    planted.unlink()
    planted.symlink_to("../outside.yaml")
    for words in (("plan",), ("explain", "Taco"), ("mappings", "diff", "mappings"), ("run",)):
        assert "loop.yaml" in _told(shop.inside(*words)), words
    assert SECRET not in shop.inside("doctor").out


def test_no_page_shows_what_a_planted_link_leads_to(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "a.yaml").write_text(RULES.format(name="first", send="Friday"))
    settings = configured(tmp_path)
    Ledger.create(settings.ledger.url, ledger_id="L1", at=datetime.now(UTC)).close()
    with served(settings) as pages:
        vic = pages.known("vic")
        assert "Friday" in vic.words("/mappings")
        for target in ("../connector.toml", "../ledger.db.web-secret", "/proc/self/environ"):
            (folder / "b.yaml").unlink(missing_ok=True)
            (folder / "b.yaml").symlink_to(target)
            secret = (folder / "b.yaml").read_bytes()[:40].decode("ascii", "replace")
            page = vic.get("/mappings").text
            assert "b.yaml" in page
            assert secret not in page
            assert "canary-admin-key" not in page


def test_a_folder_swapped_for_a_link_while_it_is_read_is_not_followed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at where a link leads and the reading, somebody turns a folder of it."""
    outside, inner = shop.folder / "outside", shop.mapping.parent / "inner"
    outside.mkdir()
    inner.mkdir()
    (outside / "a.yaml").write_text(f"{SECRET}: [")
    (inner / "a.yaml").write_text(RULES.format(name="fine", send="Friday"))
    shop.mapping.with_name("a.yaml").symlink_to("inner/a.yaml")
    real = os.path.realpath

    def swapping(path: Path, *, strict: bool = False) -> str:
        found = real(path, strict=strict)
        if str(path).endswith("/a.yaml") and not inner.is_symlink():
            shutil.rmtree(inner)
            inner.symlink_to(outside)
        return found

    monkeypatch.setattr("os.path.realpath", swapping)
    assert "a.yaml" in _told(shop.inside("mappings", "check"))


def test_a_link_within_the_mapping_folder_is_followed(shop: Shop) -> None:
    (shop.mapping.parent / ".data").mkdir()
    shop.mapping.rename(shop.mapping.parent / ".data" / "restaurant.yaml")
    shop.mapping.symlink_to(".data/restaurant.yaml")
    assert shop.inside("mappings", "check").code == 0
    elsewhere = shop.folder / "elsewhere"  # a folder that is itself a link is the operator's word
    shop.mapping.parent.rename(elsewhere)
    (shop.folder / "mappings").symlink_to("elsewhere")
    assert shop.inside("mappings", "check").code == 0


def test_a_single_mapping_file_is_not_a_way_out_either(shop: Shop) -> None:
    shop.configure('path = "../mappings"', 'path = "../mappings/restaurant.yaml"')
    assert shop.inside("mappings", "check").code == 0
    shop.mapping.unlink()
    (shop.folder / "outside.yaml").write_text(f"{SECRET}: [", encoding="utf-8")
    shop.mapping.symlink_to("../outside.yaml")
    assert "restaurant.yaml" in _told(shop.inside("mappings", "check"))


# --- planted links where the ledger's files are made


def test_no_file_of_the_ledger_is_written_through_a_link(shop: Shop) -> None:
    victim = shop.folder / "victim"
    victim.write_text(SECRET)
    shop.ledger.with_name("ledger.db.new").symlink_to(victim)
    shop.live()
    for name in ("lock", "mark"):
        planted = shop.ledger.with_name(f"ledger.db.{name}")
        kept = planted.rename(shop.folder / name) if planted.exists() else None
        planted.symlink_to(victim)
        done = shop.run("run", "--once")
        assert done.code == 1, name
        assert len(done.said) == 1
        assert name in done.said[0]
        assert victim.read_text() == SECRET
        planted.unlink()
        if kept:
            kept.rename(planted)


def test_a_backup_and_a_restore_follow_no_link(live_shop: Shop) -> None:
    shop = live_shop
    victim = shop.folder / "victim"
    victim.write_text("")
    for name in ("b.db.new", "b.db.new-journal", "b.db-journal", "taken.db"):
        (shop.folder / name).symlink_to(victim)
    for name in (".restoring", ".restoring-journal", ".replaced-1"):
        shop.ledger.with_name(f"ledger.db{name}").symlink_to(victim)
    assert shop.inside("ledger", "backup", "taken.db").code == 1
    assert shop.inside("ledger", "backup", "b.db").code == 0
    (shop.folder / "link.db").symlink_to("b.db")
    refused = shop.inside("ledger", "restore", "link.db")
    assert (refused.code, refused.out) == (1, "")
    done = shop.inside("ledger", "restore", "b.db")
    assert done.code == 0, done
    assert "ledger.db.replaced-2" in done.out
    assert victim.read_text() == ""


def test_a_ledger_that_is_a_link_is_named_by_its_own_name(live_shop: Shop) -> None:
    """The lock beside the link would not be the lock beside the file: two could commit."""
    shop = live_shop
    elsewhere = shop.folder / "elsewhere.db"
    shop.ledger.rename(elsewhere)
    shop.ledger.symlink_to(elsewhere)
    for words in (("run", "--once"), ("status",), ("ledger", "verify"), ("init",)):
        done = shop.inside(*words)
        assert done.code == 1, words
        assert str(elsewhere) in done.out + done.err


def test_the_pages_secret_is_read_through_no_link(live_shop: Shop) -> None:
    mine = live_shop.folder / "mine"
    mine.write_text("k" * 64)
    mine.chmod(0o600)
    live_shop.ledger.with_name("ledger.db.web-secret").symlink_to(mine)
    done = live_shop.inside("web", "--port", "0")
    assert done.code == 2
    assert "web-secret" in done.err
