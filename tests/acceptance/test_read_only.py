"""A ledger that can only be read: on read-only media, or in somebody else's folder."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.ledger import Ledger
from tests.support.console import ROOT, TIMEOUT, Done, Shop

READING = (
    ("status",),
    ("status", "--json"),
    ("plan", "--json"),
    ("explain", "Taco Tuesday"),
    ("ledger", "list", "--json"),
    ("ledger", "events"),
    ("ledger", "export", "--format", "csv"),
    ("ledger", "verify"),
    ("ledger", "backup", "../elsewhere.db"),
    ("mappings", "check", "--live"),
    ("mappings", "suggest"),
    ("doctor",),
)
WRITING = (
    ("run", "--once"),
    ("rehearse",),
    ("pause", "--reason", "x"),
    ("init",),
    ("ledger", "backup", "config/b.db"),
)

Run = Callable[..., list[Done]]

# The command line once for each line of words, all in one process: it starts but once.
MANY = """
import json, os, sys
from pathlib import Path
from tests.support.console import inside
calls = json.loads(sys.argv[1])
found = [vars(inside(Path.cwd(), *words, variables=dict(os.environ))) for words in calls]
print(json.dumps(found))
"""


def mounted(shop: Shop) -> Run:
    """Run commands where the shop's folder is mounted to be read only."""
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
    return lambda *calls: _run(shop, ["unshare", "-m", "sh", "-c", mount, str(shop.folder)], calls)


def foreign(shop: Shop) -> Run:
    """Run commands as somebody who may read the shop's files and change none."""
    shop.ledger.chmod(0o444)
    shop.ledger.with_name("ledger.db.mark").chmod(0o444)
    shop.ledger.parent.chmod(0o555)
    able = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    return lambda *calls: _run(shop, able if os.geteuid() == 0 else [], calls)


def _run(shop: Shop, as_who: list[str], calls: Sequence[tuple[str, ...]]) -> list[Done]:
    done = subprocess.run(  # noqa: S603  our own interpreter
        [*as_who, sys.executable, "-c", MANY, json.dumps(calls)],
        cwd=shop.folder,
        env={**shop.environment(), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done
    return [Done(**found) for found in json.loads(done.stdout)]


def _possible(*words: str) -> bool:
    if os.geteuid() != 0:
        return words[0] != "unshare"
    if shutil.which(words[0]) is None:
        return False
    return subprocess.run([*words, "true"], check=False, capture_output=True).returncode == 0  # noqa: S603


MEDIA = [
    pytest.param(
        mounted,
        id="mounted",
        marks=pytest.mark.skipif(not _possible("unshare", "-m"), reason="nothing can be mounted"),
    ),
    pytest.param(
        foreign,
        id="foreign",
        marks=pytest.mark.skipif(
            not _possible("setpriv", "--bounding-set=-dac_override"), reason="root may do anything"
        ),
    ),
]


@pytest.fixture
def used(live_shop: Shop) -> Shop:
    live_shop.once()
    return live_shop


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("medium", MEDIA)
def test_verbs_that_read_work_where_nothing_can_be_written(
    used: Shop, medium: Callable[[Shop], Run]
) -> None:
    expected = used.inside("ledger", "list", "--json").json()
    before = content(used.ledger.parent)
    run = medium(used)
    for words, done in zip(READING + WRITING, run(*READING, *WRITING), strict=True):
        if words in READING:
            told = [line for line in done.said if not line.startswith("connector: history: head ")]
            assert (done.code, told, done.events) == (0, [], []), (words, done)
        else:
            assert done.code in {1, 2}, (words, done)
            assert len(done.said) == 1, (words, done)
            assert done.said[0].startswith("connector: "), words
        if words == ("ledger", "list", "--json"):
            assert done.json() == expected
    assert content(used.ledger.parent) == before


@pytest.mark.parametrize("medium", MEDIA)
def test_a_ledger_left_by_a_crash_is_read_with_its_log_or_not_at_all(
    used: Shop, medium: Callable[[Shop], Run]
) -> None:
    """What was written last stands in the log: an older state must not be shown in its place."""
    log = used.ledger.with_name("ledger.db-wal")
    kept = used.folder / "kept"
    with Ledger.open(f"sqlite:///{used.ledger}") as ledger:
        ledger.rehearse(at=datetime.now(UTC), who="test")
        shutil.copytree(used.ledger.parent, kept)
    assert (kept / log.name).stat().st_size > 0
    shutil.rmtree(used.ledger.parent)
    kept.rename(used.ledger.parent)
    for name in (log, used.ledger.with_name("ledger.db-shm")):
        name.chmod(0o444)
    run = medium(used)
    (status,) = run(("status", "--json"))
    assert '"rehearsal": true' in status.out
    used.ledger.parent.chmod(0o755)
    used.ledger.with_name("ledger.db-shm").unlink()
    (done,) = medium(used)(("status",))
    assert (done.code, done.out) == (1, "")
    assert "ledger.db-wal" in done.err
