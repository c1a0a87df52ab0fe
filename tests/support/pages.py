"""The pages on a real socket of this process, and a browser of plain requests to read them with."""

import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path
from unittest.mock import patch

import requests

from connector.app import read_settings
from connector.clock import ShiftedClock, randomness
from connector.settings import Settings
from connector.web import passwords
from connector.web.app import application
from connector.web.passwords import hashed
from connector.web.serve import Control, listening, serve
from connector.web.site import Site

PASSWORD = "correct horse battery"
with patch.object(passwords, "_COST", 16):  # a real one takes a tenth of a second each time
    _HASH = hashed(PASSWORD, randomness())
USERS = f"""
[web.users.ada]
role = "approver"
password_hash = "{_HASH}"
[web.users.vic]
role = "viewer"
password_hash = "{_HASH}"
[web.users.zoe]
password_hash = "{_HASH}"
[web.users."proxied@brand.com"]
role = "approver"
"""
CONFIG = """
[ledger]
url = "sqlite:///ledger.db"
[mappings]
path = "mappings"
[punchh]
base_url = "http://127.0.0.1:1"
admin_key = "canary-admin-key"
user_agent = "Test/Test/1.0"
timezone = "America/New_York"
[sources.braze_us]
kind = "braze"
base_url = "http://127.0.0.1:1"
api_key = "canary-braze-key"
timezone = "America/New_York"
"""


@dataclass
class Reader:
    """Somebody's browser: it keeps cookies, and finds the token of a form."""

    address: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def get(self, path: str, **more: object) -> requests.Response:
        kept: dict[str, object] = {"timeout": 20, "allow_redirects": False, **more}
        return self.session.get(self.address + path, **kept)  # type: ignore[arg-type]

    def post(self, path: str, fields: dict[str, str], **more: object) -> requests.Response:
        kept: dict[str, object] = {"timeout": 20, "allow_redirects": False, **more}
        return self.session.post(self.address + path, data=fields, **kept)  # type: ignore[arg-type]

    def token(self, path: str = "/") -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.get(path).text)
        assert found, "no form on that page"
        return found[1]

    def say(self, path: str, **fields: str) -> requests.Response:
        """Send a form of ours, with its token."""
        return self.post(path, {"token": self.token(), **fields})

    def log_in(self, name: str = "ada", password: str = PASSWORD) -> requests.Response:
        token = self.token("/login")
        return self.post("/login", {"token": token, "name": name, "password": password})

    def words(self, path: str) -> str:
        """Return what a page says, without its tags."""
        page = self.get(path)
        assert page.status_code == 200, page.text
        return words(page.text)


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@dataclass
class Served:
    """Pages that are being served, and the clock they go by."""

    site: Site
    clock: ShiftedClock
    address: str

    def reader(self) -> Reader:
        return Reader(self.address)

    def known(self, name: str = "ada") -> Reader:
        """Return the browser of somebody who has logged in."""
        found = self.reader()
        assert found.log_in(name).status_code == 303
        return found

    def later(self, **by: int) -> None:
        self.clock.advance(timedelta(**by))


def configured(folder: Path, more: str = "") -> Settings:
    """Write a configuration with two users, and return it as read."""
    path = folder / "connector.toml"
    path.write_text(CONFIG + more + ("" if "[web" in more else USERS), encoding="utf-8")
    return read_settings(path, {})


@contextmanager
def served(
    settings: Settings, clock: ShiftedClock | None = None, config: Path | None = None
) -> Iterator[Served]:
    """Serve the pages in a thread, on a port of the kernel's choice; `config` is read again."""
    clock, control = clock or ShiftedClock(), Control()
    reread = partial(read_settings, config, {}) if config else None
    with (
        closing(Site(settings, clock, randomness(), reread)) as site,
        listening("127.0.0.1", 0) as door,
    ):
        thread = threading.Thread(target=serve, args=(application(site), site, door, control))
        thread.start()
        try:
            yield Served(site, clock, f"http://127.0.0.1:{door.getsockname()[1]}")
        finally:
            control.stop()
            thread.join(15)
            assert not thread.is_alive()
