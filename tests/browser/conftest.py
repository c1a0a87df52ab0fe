"""A headless Chromium, and a shop whose ledger holds one offer of each kind.

Where Chromium is not installed these tests are skipped and say so; BROWSER_TESTS=required, which CI
sets, makes that a failure.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from connector.app import read_settings
from connector.domain.distribution import State
from tests.support.console import Shop, opened
from tests.support.pages import PASSWORD, USERS, served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail("chromium is not installed, and BROWSER_TESTS says that it must be")
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@dataclass
class Office:
    """A shop, its pages, and who looks at them. Whatever a browser complains of is kept."""

    shop: Shop
    address: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)

    def context(
        self, size: dict[str, int] | None = None, *, scripts: bool = True
    ) -> BrowserContext:
        width, height = (size or DESKTOP).values()
        return self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
        )

    def page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda told: self._told(told.type, told.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda sent: self._asked(sent.url))
        return page

    def log_in(self, page: Page, name: str = "ada") -> None:
        page.goto("/")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(self.address + "/")

    def id_of(self, send: str) -> str:
        return self.shop.id_of(send)

    def _told(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith(self.address):
            self.complaints.append(f"asked elsewhere: {url}")


@pytest.fixture(scope="session")
def office(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(tmp_path_factory.mktemp("office") / "shop") as shop:
        _lively(shop)
        with served(read_settings(shop.config, {})) as pages:
            yield Office(shop, pages.address, browser)


def _lively(shop: Shop) -> None:
    """Let something of each kind happen in the shop."""
    shop.live()
    shop.configure("[sources.sf_core]", USERS + "[sources.sf_core]")
    text = shop.mapping.read_text(encoding="utf-8")
    holiday = "    redeemable: Holiday Shake\n"
    asking = text.replace(holiday, holiday + "    approval: required\n")
    shop.mapping.write_text(asking, encoding="utf-8")
    shop.once()
    at = datetime.now(UTC) + timedelta(minutes=100)
    tags = ["punchh:segment=Taco Lovers"]
    shop.make_send(name="Lunch Encore", tags=tags, at=f"{at:%Y-%m-%dT%H:%M:%SZ}")
    shop.fault("reset", method="POST", after=True)
    shop.once()
    shop.heal()
    assert shop.state_of("Lunch Encore") == State.UNKNOWN


@pytest.fixture
def ada(office: Office) -> Iterator[Page]:
    """Return the page of an approver who has logged in; in the end no browser has complained."""
    with office.context() as context:
        page = office.page(context)
        office.log_in(page)
        yield page
    told, office.complaints = office.complaints, []
    assert told == []


def events(shop: Shop, offer: str) -> list[tuple[str, str, str]]:
    """Read beside the pages. (To open the ledger as such in their process would drop its locks.)"""
    return shop.query("SELECT who, verb, reason FROM history WHERE offer = ?", offer)
