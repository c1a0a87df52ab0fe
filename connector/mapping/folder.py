"""The mapping files as bytes: which they are, their digest, and what hinders reading them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from connector.errors import ConfigError

LARGEST = 5_000_000


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
    texts, problems = collect(path)
    if problems:
        raise ConfigError(problems)
    return texts


def collect(path: Path) -> tuple[tuple[MappingText, ...], list[str]]:
    """Read whatever can be read, with a line for each file that cannot."""
    texts: list[MappingText] = []
    problems: list[str] = []
    try:
        files = _files(path)
    except OSError as error:
        return (), [f"{_shown(path)}: cannot be read ({error.strerror})"]
    for file in files:
        shown = _shown(file)
        try:
            if file.suffix != ".yaml" and file.suffix.lower() in {".yaml", ".yml"}:
                problems.append(f"{shown}: rename it to {file.stem}.yaml: only *.yaml is read")
                continue
            data = _bytes(file)
        except OSError as error:
            problems.append(f"{shown}: cannot be read ({error.strerror})")
            continue
        if len(data) > LARGEST:
            problems.append(f"{shown}: is larger than {LARGEST // 1_000_000} MB")
            continue
        texts.append(MappingText(file.name, data, shown))
    if not files:
        problems.append(f"{_shown(path)}: holds no mapping file (*.yaml)")
    return tuple(texts), problems


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        path.stat()
        return [path]
    return sorted(
        (
            file
            for file in path.iterdir()
            if file.suffix.lower() in {".yaml", ".yml"}
            and not file.name.startswith((".", "#"))
            and not file.is_dir()
        ),
        key=lambda file: file.name,
    )


def _bytes(file: Path) -> bytes:
    """Read at most one byte too many; a pipe or device would not end."""
    if file.exists() and not file.is_file():
        raise OSError(0, "it is not a file")
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)


def _shown(path: Path) -> str:
    """Spell a path relative to the working folder if it lies below, else as it was given."""
    try:
        return str((path.parent.resolve() / path.name).relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)
