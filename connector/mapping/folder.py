"""The mapping files as bytes: which they are, their digest, and what hinders reading them."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from connector.domain.findings import Code, Finding
from connector.errors import ConfigError

LARGEST = 5_000_000
SUFFIXES = ("yaml", "yml")


@dataclass(frozen=True, slots=True)
class MappingText:
    """One file of a set: its name within the set, its bytes, and how errors call it."""

    name: str
    data: bytes
    shown: str


def fingerprint(path: Path) -> str:
    """Return the digest of the files as they are now, without looking at what they say.

    Raises ConfigError where there is nothing to read or a file cannot be read.
    """
    return digest(read(path))


def digest(texts: Iterable[MappingText]) -> str:
    """Return what names a set of files: it changes with any name and any byte."""
    total = hashlib.sha256()
    for text in texts:
        for part in (text.name.encode("utf-8", "surrogateescape"), text.data):
            total.update(b"%d:" % len(part))
            total.update(part)
    return total.hexdigest()


def read(path: Path) -> tuple[MappingText, ...]:
    """Read a file, or a folder's `*.yaml` in name order; ConfigError where one cannot be read."""
    texts, unread = collect(path)
    if unread:
        raise ConfigError([str(finding) for finding in unread])
    return texts


def collect(path: Path) -> tuple[tuple[MappingText, ...], tuple[Finding, ...]]:
    """Read whatever can be read of a file or folder, and find each file that cannot."""
    try:
        files = _files(path)
    except OSError as error:
        return (), (_unread(shown(path), f"cannot be read ({error.strerror})"),)
    members = [Member(file.name, shown(file), partial(_bytes, file)) for file in files]
    return gather(shown(path), members)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a set, not yet read: its name within the set, how errors call it, its bytes.

    Reading it may raise OSError.
    """

    name: str
    shown: str
    data: Callable[[], bytes]


def gather(
    where: str, members: Iterable[Member]
) -> tuple[tuple[MappingText, ...], tuple[Finding, ...]]:
    """Read whatever can be read of a set's files; `where` is how errors call what holds them."""
    texts: list[MappingText] = []
    unread: list[Finding] = []
    for one in members:
        stem, _, suffix = one.name.rpartition(".")
        if suffix != "yaml" and suffix.lower() in SUFFIXES and stem:
            fix = f"rename it to {stem}.yaml"
            unread.append(_unread(one.shown, "only *.yaml is read", fix))
            continue
        try:
            data = one.data()
        except OSError as error:
            unread.append(_unread(one.shown, f"cannot be read ({error.strerror})"))
            continue
        if len(data) > LARGEST:
            unread.append(_unread(one.shown, f"is larger than {LARGEST // 1_000_000} MB"))
            continue
        texts.append(MappingText(one.name, data, one.shown))
    if not texts and not unread:
        unread.append(_unread(where, "holds no mapping file (*.yaml)"))
    return tuple(texts), tuple(unread)


def is_member(name: str) -> bool:
    """Say by its name whether a file of a folder belongs to the set."""
    stem, _, suffix = name.rpartition(".")
    return suffix.lower() in SUFFIXES and bool(stem) and not name.startswith((".", "#"))


def _unread(shown: str, message: str, fix: str = "") -> Finding:
    return Finding(shown, None, Code.FILE, message, fix)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        path.stat()
        return [path]
    return sorted(
        (file for file in path.iterdir() if is_member(file.name) and not file.is_dir()),
        key=lambda file: file.name,
    )


def _bytes(file: Path) -> bytes:
    """Read at most one byte too many; a pipe or device would not end."""
    if file.exists() and not file.is_file():
        raise OSError(0, "it is not a file")
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)


def shown(path: Path) -> str:
    """Spell a path relative to the working folder if it lies below, else as it was given."""
    try:
        return str((path.parent.resolve() / path.name).relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)
