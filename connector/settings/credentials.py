"""Credentials that systemd hands to a service: files in a folder only it can read.

`LoadCredential=punchh.admin_key:…` in a unit makes a file of that name; the name is the key.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from connector.errors import ConfigError

FOLDER = "CREDENTIALS_DIRECTORY"


def with_credentials(
    written: dict[str, Any], environment: Mapping[str, str], tables: frozenset[str]
) -> dict[str, Any]:
    """Put each credential in the place that its name tells, over what the file says there.

    Those whose names begin with no table of ours are another's. ConfigError where one cannot be
    read.
    """
    given = environment.get(FOLDER)
    for name, text in _files(Path(given), tables) if given else ():
        *path, key = name.split(".")
        if path[:2] == ["web", "users"]:
            path[2:] = [".".join(path[2:])]  # a person's name may be a mail address
        place = written
        for table in path:
            inner = place.setdefault(table, {})
            if not isinstance(inner, dict):
                break  # the file is of the wrong form, and is told so
            place = inner
        else:
            place.pop(f"{key}_file", None)
            place[key] = text
    return written


def _files(folder: Path, tables: frozenset[str]) -> Iterator[tuple[str, str]]:
    try:
        for path in sorted(folder.iterdir()):
            if "." in path.name and path.name.partition(".")[0] in tables and path.is_file():
                yield path.name, path.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError):
        raise ConfigError([f"{FOLDER}: its credentials cannot be read as text"]) from None
