"""Whose process writes: the user as the operating system knows it, whatever name is claimed."""

import os
import pwd
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_LOGIN = Path("/proc/self/loginuid")
_NO_LOGIN = 2**32 - 1
_NAME = re.compile(r"[\w.@\\-]{1,64}")


def os_user(environment: Mapping[str, str] = os.environ) -> str:
    """Spell the process's user, and who came to be it: `connector (uid 998), sudo by ann (uid 7)`.

    What `sudo` says stands in variables, which the user can set; the kernel keeps the login, where
    there is one, and nobody can.
    """
    uid = os.getuid()
    parts = [_named(uid)]
    sudo = environment.get("SUDO_USER", "")
    if _NAME.fullmatch(sudo):
        number = environment.get("SUDO_UID", "")
        parts.append(f"sudo by {sudo}" + (f" (uid {number})" if _is_uid(number) else ""))
    login = _login()
    if login is not None and login not in (uid, _sudo_uid(environment)):
        parts.append(f"logged in as {_named(login)}")
    return ", ".join(parts)


def _is_uid(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 10


def _sudo_uid(environment: Mapping[str, str]) -> int | None:
    text = environment.get("SUDO_UID", "")
    return int(text) if _is_uid(text) else None


def _login() -> int | None:
    """Return the uid with which the session began, None where the kernel knows of none."""
    try:
        found = int(_LOGIN.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if found == _NO_LOGIN else found


@lru_cache(maxsize=64)
def _named(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except (KeyError, OSError):
        return f"uid {uid}"
