"""Who may read the ledger's files, whatever the umask, and what the doctor warns of."""

import os
import stat
from pathlib import Path

import pytest

from connector.worker.doctor import files
from tests.support.console import Shop, inside

PRIVATE = 0o600


def modes(folder: Path, *but: str) -> dict[str, str]:
    """Return the mode of every file in a folder that is not private."""
    return {
        path.name: oct(stat.S_IMODE(path.stat().st_mode))
        for path in folder.iterdir()
        if path.is_file() and path.name not in but and stat.S_IMODE(path.stat().st_mode) != PRIVATE
    }


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> int:
    """Let child processes be born with a umask of some hosts, and one of nobody."""
    mask: int = request.param
    return mask


def test_the_ledgers_files_are_private_whatever_the_umask(shop: Shop, umask: int) -> None:
    before = os.umask(umask)
    try:
        assert shop.inside("init").code == 0
        worker = shop.start("run")
        worker.wait_for("cycle.done")
        beside = {path.name for path in shop.ledger.parent.iterdir()}
        assert {"ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.lock"} < beside
        assert modes(shop.ledger.parent) == {}
        assert worker.stop()[0] == 0
        (shop.folder / "backups").mkdir(mode=0o777)
        (shop.folder / "backups").chmod(0o755)
        assert shop.inside("ledger", "backup", "backups/b.db").code == 0
        shop.ledger.chmod(0o644)  # as an older program made it
        assert shop.inside("ledger", "restore", "backups/b.db").code == 0
    finally:
        os.umask(before)
    assert modes(shop.folder / "backups") == {}
    assert {path.name for path in (shop.folder / "backups").iterdir()} == {"b.db"}
    assert {"ledger.db", "ledger.db.mark", "ledger.db.replaced-1"} <= {
        path.name for path in shop.ledger.parent.iterdir()
    }
    assert modes(shop.ledger.parent) == {}


def test_a_folder_that_is_created_for_the_ledger_is_private(shop: Shop, umask: int) -> None:
    folder = shop.folder / "var" / "lib"
    before = os.umask(umask)
    try:
        more = {"CONNECTOR_LEDGER__URL": f"sqlite:///{folder}/ledger.db"}
        assert shop.inside("init", more=more).code == 0
    finally:
        os.umask(before)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, folder.parent)] == [0o700] * 2
    assert modes(folder) == {}


def test_a_configuration_that_init_writes_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert inside(tmp_path, "init", variables={}).code == 0
    finally:
        os.umask(before)
    assert modes(tmp_path / "config") == {}


# --- the doctor


def warned(shop: Shop) -> dict[str, str]:
    """Return what the doctor warns of files, by code."""
    found = shop.inside("doctor", "--json").json()
    mine = [one for one in found if one["of"] == files.OF_FILES]
    assert all(one["level"] in {"ok", "warning"} for one in mine)
    return {one["code"]: one["told"] for one in mine if one["level"] == "warning"}


def test_the_doctor_warns_of_what_others_may_read(live_shop: Shop) -> None:
    shop = live_shop
    assert warned(shop) == {}
    kept = shop.ledger.with_name("ledger.db.before-0001")
    kept.touch(0o640)
    lock = shop.ledger.with_name("ledger.db.lock")
    lock.touch(0o600)
    shop.ledger.chmod(0o604)
    shop.ledger.parent.chmod(0o775)
    shop.config.chmod(0o604)
    found = warned(shop)
    assert set(found) == {"ledger-access", "ledger-folder", "key-access"}
    assert str(shop.ledger) in found["ledger-access"]
    assert str(kept) in found["ledger-access"]
    assert str(lock) not in found["ledger-access"]
    assert "connector.toml" in found["key-access"]


def test_a_readable_configuration_without_a_key_is_fine(live_shop: Shop) -> None:
    shop = live_shop
    shop.config.chmod(0o644)
    assert set(warned(shop)) == {"key-access"}
    kept = shop.folder / "keys"
    kept.mkdir()
    lines = []
    for number, line in enumerate(shop.config.read_text().splitlines()):
        key, _, value = line.partition(" = ")
        if key in {"admin_key", "api_key", "consumer_key", "consumer_secret", "client", "secret"}:
            file = kept / str(number)
            file.write_text(value.strip('"'))
            file.chmod(0o600)
            lines.append(f'{key}_file = "{file}"')
        else:
            lines.append(line)
    shop.config.write_text("\n".join(lines))
    assert warned(shop) == {}
    file.chmod(0o644)
    assert str(file) in warned(shop)["key-access"]


def test_the_doctor_warns_of_a_ledger_that_a_release_could_leave_behind(live_shop: Shop) -> None:
    link = live_shop.folder / "current"
    link.symlink_to("config")
    live_shop.variables["CONNECTOR_LEDGER__URL"] = f"sqlite:///{link}/ledger.db"
    assert set(warned(live_shop)) == {"link"}


MOUNTS = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/root rw
40 27 0:50 / {there} rw,relatime shared:7 - {kind} server:/export rw,vers=4.2
41 27 0:51 / /some\040where rw - tmpfs tmpfs rw
broken line
"""


@pytest.mark.parametrize(
    ("kind", "warns"),
    [("nfs4", True), ("cifs", True), ("9p", True), ("fuse.sshfs", True), ("ext4", False),
     ("fuse.fuse-overlayfs", False), ("overlay", False)],
)  # fmt: skip
def test_the_doctor_warns_of_a_network_file_system(
    live_shop: Shop, monkeypatch: pytest.MonkeyPatch, kind: str, warns: bool
) -> None:
    mounts = live_shop.folder / "mountinfo"
    mounts.write_text(MOUNTS.format(there=live_shop.folder, kind=kind))
    monkeypatch.setattr(files, "MOUNTS", mounts)
    assert ("network" in warned(live_shop)) == warns


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/mnt/é b/x", "nfs4"),
        ("/mnt/é b", "nfs4"),
        ("/mnt/é bc", "ext4"),
        ("/some where/deep", "tmpfs"),
        ("relative", ""),
    ],
)
def test_the_mount_that_is_nearest_above_counts(path: str, kind: str) -> None:
    lines = MOUNTS.format(there=r"/mnt/é\040b", kind="nfs4").splitlines()
    assert files.file_system(lines, path) == kind
    again = [*lines, "50 27 0:60 / / rw - btrfs /dev/sda rw"]
    assert files.file_system(again, "/") == "btrfs"
