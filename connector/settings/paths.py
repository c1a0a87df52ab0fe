"""Paths in the configuration: relative to its file, absolute once read, with links unresolved.

Links are followed each time that a file is opened: a ConfigMap's `..data`, or a `current` that
points to the latest release, changes its target while the worker runs.
"""

import os
import re
from contextvars import ContextVar
from pathlib import Path

SQLITE = "sqlite:///"
LONGEST_NAME, LONGEST_PATH = 255, 4095  # bytes, as Linux and macOS allow
# The ledger's own files have longer names beside it, and SQLite takes no path beyond 512 bytes.
LONGEST_LEDGER_NAME, LONGEST_LEDGER_PATH = 200, 440

# The folder that relative paths are relative to: that of the file being loaded.
folder: ContextVar[Path] = ContextVar("folder", default=Path())

_SHELL = re.compile(r"~|.*\$[A-Za-z_{(]")


def folder_of(path: Path) -> Path:
    """Return the folder of a file as it is named, not the one that links lead to."""
    return Path(os.path.abspath(path)).parent  # noqa: PTH100  resolve() would follow links


def absolute(text: str) -> str:
    """Return the absolute path that a text stands for; ValueError if it cannot be a path."""
    if not text.isprintable():
        raise ValueError("must be a path without control characters")
    if _SHELL.match(text):
        raise ValueError("must be a full path: ~ and $NAME are not expanded here")
    path = os.path.abspath(folder.get() / text)  # noqa: PTH100  resolve() would follow links
    refuse_long(path, LONGEST_NAME, LONGEST_PATH)
    return path


def existing(path: str) -> str:
    if not os.path.isfile(path):  # noqa: PTH113  Path's own raises where a folder is not ours
        raise ValueError("names no file")
    return path


def refuse_long(path: str, name: int, whole: int) -> None:
    longest = max(len(os.fsencode(part)) for part in Path(path).parts)
    if longest > name or len(os.fsencode(path)) > whole:
        raise ValueError(f"is too long: at most {name} bytes for a name, {whole} for the path")


def ledger_url(text: str) -> str:
    if text.startswith("postgresql"):
        raise ValueError("PostgreSQL is not supported yet; use sqlite:///…")
    named = text.removeprefix(SQLITE)
    if named in (text, "", ":memory:") or named.endswith(os.sep):
        raise ValueError("must name a file: sqlite:///…")
    path = absolute(named)
    if "?" in path:
        raise ValueError("must name a file: ? is not allowed in its path")
    refuse_long(path, LONGEST_LEDGER_NAME, LONGEST_LEDGER_PATH)
    return SQLITE + path


def secret_file(key: str, path: str) -> str:
    """Return the content of a secret's own file, without a BOM that an editor may have added."""
    if not path.isprintable():
        raise ValueError(f"{key}_file cannot be read (not a text file's name)")
    try:
        return Path(absolute(path)).read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise ValueError(f"{key}_file cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError(f"{key}_file cannot be read (it is not UTF-8 text)") from None
    except ValueError as error:
        raise ValueError(f"{key}_file {error}") from None
