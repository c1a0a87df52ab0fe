"""`connector web hash-password`."""

import sys
from getpass import getpass
from pathlib import Path

from connector.cli.verbs.shared import say, who
from connector.clock import randomness
from connector.errors import ConfigError
from connector.settings import toml
from connector.web.passwords import LONGEST, easy, hashed

SHORTEST = 10


def run(_config: Path) -> int:
    """Ask twice on a terminal; read one line otherwise. The password is never shown."""
    asked = sys.stdin is not None and sys.stdin.isatty()
    password = getpass("Password: ") if asked else _piped()
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError([f"a password has {SHORTEST} to {LONGEST} letters"])
    if easy(password, who()):
        raise ConfigError(["that password is among the first that are guessed: use a longer one"])
    if asked and getpass("Once more: ") != password:
        raise ConfigError(["the two are not the same; nothing was changed"])
    text = hashed(password, randomness())
    if not asked:
        say(text)
        return 0
    say("Write into the configuration, with the name to log in by:\n")
    say(f'[web.users.{toml.key(who())}]\nrole = "approver"               # or "viewer"')
    say(f'password_hash = "{text}"')
    return 0


def _piped() -> str:
    """Read a line as browsers send one, UTF-8, whatever the terminal speaks; blanks count."""
    line = sys.stdin.buffer.readline() if sys.stdin is not None else b""
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except ValueError:
        raise ConfigError(["the password on standard input is not UTF-8"]) from None
