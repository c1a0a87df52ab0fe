"""Paths in the configuration: relative to its file, absolute once read, and never through links.

A link is followed by whoever opens the file, each time anew: a ConfigMap's `..data` and a
`current` that leads to the latest release change their targets while the worker runs.
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
    """Return the folder that a file is named in, whatever links lead there."""
    return Path(os.path.abspath(path)).parent  # noqa: PTH100  resolve() would follow links


def absolute(text: str) -> str:
    """Return a path of the configuration; ValueError where it can name no file."""
    if not text.isprintable():
        raise ValueError("must be a path, without line breaks and control characters")
    if _SHELL.match(text):
        raise ValueError("must be a whole path: ~ and $NAME are not replaced here")
    found = os.path.abspath(folder.get() / text)  # noqa: PTH100  resolve() would follow links
    refuse_long(found, LONGEST_NAME, LONGEST_PATH)
    return found


def existing(path: str) -> str:
    if not os.path.isfile(path):  # noqa: PTH113  Path's own raises where a folder is not ours
        raise ValueError("names no file")
    return path


def refuse_long(path: str, name: int, whole: int) -> None:
    longest = max(len(os.fsencode(part)) for part in Path(path).parts)
    if longest > name or len(os.fsencode(path)) > whole:
        raise ValueError(f"is too long: {name} bytes for each name, {whole} for the whole path")


def ledger_url(text: str) -> str:
    if text.startswith("postgresql"):
        raise ValueError("PostgreSQL is not supported yet; use sqlite:///…")
    named = text.removeprefix(SQLITE)
    if named in (text, "", ":memory:") or named.endswith(os.sep):
        raise ValueError("must name a file: sqlite:///…")
    path = absolute(named)
    if "?" in path:
        raise ValueError("must name a file: there may be no ? in its path, and nothing behind it")
    refuse_long(path, LONGEST_LEDGER_NAME, LONGEST_LEDGER_PATH)
    return SQLITE + path


def secret_file(key: str, path: str) -> str:
    """Return what a secret's own file holds; a BOM, as some editors write it, is no part of it."""
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
