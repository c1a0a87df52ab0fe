"""The mapping files as bytes: which they are, their digest, and what hinders reading them.

Whoever may write a mapping file decides what is read, and pages show it: a link is followed only
within the folder, as Kubernetes lays out a ConfigMap (`a.yaml` to `..data/a.yaml`), and only to
another mapping file.
"""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from connector.domain.findings import Code, Finding, Severity
from connector.errors import ConfigError

LARGEST = 5_000_000  # bytes, of one file and of all together
MOST_FILES = 500
MOST_ENTRIES = 10_000  # of a folder, whatever they are
_MEGABYTES = f"{LARGEST // 1_000_000} MB"
SUFFIXES = ("yaml", "yml")
_ANOTHER_SUFFIX = re.compile(r"(?P<stem>.+)\.ya?ml(\.txt|\s+|\.[^.]*[^~])", re.IGNORECASE)


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


def stamp(path: Path) -> tuple[object, ...]:
    """Return what changes when a file of the set is written, renamed, added or removed.

    Nothing is read, so a change within the tick of the file system's clock may go unseen.
    """
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name) if path.is_dir() else ()
        return (_stamp(path), *((entry.name, _stamp(Path(entry.path))) for entry in entries))
    except OSError as error:
        return (error.errno,)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


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
    texts, findings = collect(path)
    if unread := [str(finding) for finding in findings if finding.severity is Severity.ERROR]:
        raise ConfigError(unread)
    return texts


def collect(path: Path) -> tuple[tuple[MappingText, ...], tuple[Finding, ...]]:
    """Read whatever can be read of a file or folder, and find each file that cannot.

    Files that are not read but may have been meant to be are findings too.
    """
    try:
        home, files, others = _listed(path)
    except OSError as error:
        return (), (_unread(shown(path), f"cannot be read ({error.strerror})"),)
    members = [Member(file.name, shown(file), partial(_bytes, home, file)) for file in files]
    texts, unread = gather(shown(path), members)
    return texts, (*unread, *filter(None, map(_passed_over, others)))


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
    room = LARGEST
    for number, one in enumerate(members, 1):
        if number > MOST_FILES:
            fix = "put several rules into one file"
            unread.append(_unread(where, f"holds more than {MOST_FILES} mapping files", fix))
            break
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
            unread.append(_unread(one.shown, f"is larger than {_MEGABYTES}"))
            continue
        room -= len(data)
        if room < 0:
            larger = f"is too much: with those before it, it is larger than {_MEGABYTES}"
            unread.append(_unread(one.shown, larger))
            break
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


def _listed(path: Path) -> tuple[Path, list[Path], list[Path]]:
    """Return the folder of a set, its files, and what else lies there, in name order."""
    if not path.is_dir():
        path.stat()
        return path.parent, [path], []
    files: list[Path] = []
    others: list[Path] = []
    entries = list(islice(path.iterdir(), MOST_ENTRIES + 1))
    if len(entries) > MOST_ENTRIES:
        raise OSError(0, f"more than {MOST_ENTRIES:,} entries; keep only mapping files there")
    for entry in sorted(entries, key=lambda entry: entry.name):
        read = is_member(entry.name) and not _is_folder(entry)
        (files if read else others).append(entry)
    return path, files, others


def _is_folder(entry: Path) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to where we may not look
        return False


def _passed_over(entry: Path) -> Finding | None:
    """Report a file that is not read but looks as if it should be; hidden files do not."""
    if entry.name.startswith((".", "#")):
        return None
    if _is_folder(entry):
        if not _holds_mappings(entry):
            return None
        message = "mapping files in a subfolder are not read"
        fix = "move them up a folder if they should be"
        return Finding(shown(entry), None, Code.FILE, message, fix, Severity.WARNING)
    name = _ANOTHER_SUFFIX.fullmatch(entry.name)
    if name is None:
        return None
    # Unlike .bak these are added by accident, by editors on Windows.
    meant = name[2].strip().lower() in {"", ".txt"}
    fix = f"rename it to {name['stem']}.yaml" if meant else ""
    severity = Severity.ERROR if meant else Severity.NOTE
    return Finding(shown(entry), None, Code.FILE, "only *.yaml is read", fix, severity)


def _holds_mappings(folder: Path) -> bool:
    try:
        return any(is_member(entry.name) for entry in islice(folder.iterdir(), MOST_ENTRIES))
    except OSError:
        return False


def _bytes(home: Path, file: Path) -> bytes:
    """Read at most one byte too many; a pipe or device would not end."""
    with os.fdopen(_opened(home, file), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError(0, "it is not a file")
        return opened.read(LARGEST + 1)


def _opened(home: Path, file: Path) -> int:
    """Open a file of a folder for reading. OSError where a link leads out of the folder.

    Each folder is opened from the one above, so that a link placed meanwhile is not followed.
    """
    within, real = (Path(os.path.realpath(path, strict=True)) for path in (home, file))
    if not real.is_relative_to(within):
        raise OSError(0, "a link that leads outside the mapping folder")
    if real.name != file.name and not is_member(real.name):
        raise OSError(0, "a link to something that is not a mapping file")
    at = os.open(within, os.O_RDONLY | os.O_DIRECTORY)
    try:
        *folders, name = real.relative_to(within).parts
        for step in folders:
            outer, at = at, os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(outer)
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    finally:
        os.close(at)


def shown(path: Path) -> str:
    """Spell a path relative to the working folder if it lies below, else as it was given."""
    try:
        return str((path.parent.resolve() / path.name).relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)
