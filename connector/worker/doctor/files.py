"""Which other users could read the ledger or a key, and what file system the ledger is on."""

import glob
import os
import re
import shlex
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connector.domain.checkup import Check, fine, warning
from connector.settings import Settings

OF_FILES = "files"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ANYBODY = stat.S_IROTH | stat.S_IWOTH
_BESIDE = ("", "-wal", "-shm", "-journal", ".lock", ".mark", ".web-secret")
_KEPT = (".before-*", ".replaced-*")

MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs",
        "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "smb3", "smbfs", "vboxsf",
        "virtiofs",
    }
)  # fmt: skip
_OCTAL = re.compile(r"\\([0-7]{3})")  # a blank, a tab, a line's end or a backslash
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.lxcfs"})


def access(ledger: Path, settings: Settings, config: Path) -> Iterator[Check]:
    """Warn of what other users can read or change: the ledger's files, its folder, and keys."""
    checks = [
        *_open_to_others("ledger-access", _files_of(ledger, settings), _OTHERS),
        *_folder(ledger.parent),
        *_open_to_others("key-access", _with_keys(settings, config), _ANYBODY),
    ]
    yield from checks
    if not checks:
        yield fine(OF_FILES, "access")


def _files_of(ledger: Path, settings: Settings) -> list[Path]:
    beside = [ledger.with_name(f"{ledger.name}{suffix}") for suffix in _BESIDE]
    name = glob.escape(ledger.name)
    kept = [path for suffix in _KEPT for path in ledger.parent.glob(f"{name}{suffix}")]
    mark = settings.ledger.mark_path  # where it does not stand beside the ledger
    return [*beside, *sorted(kept), *([mark] if mark else [])]


def _open_to_others(code: str, paths: Iterable[Path], rights: int) -> Iterator[Check]:
    opened = [path for path in paths if _mode(path) & rights]
    if opened:
        names = tuple(map(str, opened))
        yield warning(OF_FILES, code, files=names, command=shlex.join(["chmod", "600", *names]))


def _folder(folder: Path) -> Iterator[Check]:
    mode = _mode(folder)
    if mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX:
        command = f"chmod go-w {shlex.quote(str(folder))}"
        yield warning(OF_FILES, "ledger-folder", folder=str(folder), command=command)


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _with_keys(settings: Settings, config: Path) -> Iterator[Path]:
    """Yield the configuration if it holds a key itself, and the files that it names for keys."""
    secrets = set(_secrets(settings.model_dump()))
    try:
        written = tomllib.loads(config.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):  # changed since it was read
        return
    texts = list(_texts(written))
    if any(text.strip() in secrets for _, text in texts):
        yield config
    for key, text in texts:
        if key.endswith("_file"):
            yield config.parent / text


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _secrets(inner)


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, name)


def ground(ledger: Path) -> Iterator[Check]:
    """Warn of a ledger on a network file system, or behind a link that may change."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # not Linux
        mounts = ""
    kind = file_system(mounts.splitlines(), os.path.realpath(ledger.parent))
    if kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE):
        yield warning(OF_FILES, "network", ledger=str(ledger), kind=kind)
    for link in (folder for folder in ledger.parents if folder.is_symlink()):
        if link.parent != Path(link.anchor):  # /var and its like are not swapped
            yield warning(OF_FILES, "link", ledger=str(ledger), link=str(link))


def file_system(mounts: Sequence[str], path: str) -> str:
    """Return the type of file system that a path is on, by the lines of mountinfo; "" if unknown.

    Of two mounts at one point the later one counts.
    """
    best, kind = "", ""
    for line in mounts:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        place = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
        within = path == place or path.startswith(place.rstrip("/") + "/")
        if within and len(place) >= len(best):
            best, kind = place, after.split(" ")[0]
    return kind
