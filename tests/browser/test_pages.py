"""The pages in a browser, as admins use them: by mouse and keyboard, by phone, without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Office, events

ALL = ("/", "/ledger", "/ledger?show=sends", "/ledger/charts", "/mappings")
SOUND = """() => {
  const wrong = [];
  const named = (one) => one.labels?.length || one.getAttribute("aria-label");
  for (const one of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!named(one)) wrong.push(`no label: ${one.outerHTML}`);
  for (const one of document.querySelectorAll("th"))
    if (!one.scope) wrong.push(`no scope: ${one.outerHTML}`);
  for (const one of document.querySelectorAll("svg:not([aria-hidden])"))
    if (!one.getAttribute("aria-label")) wrong.push(`no name: ${one.outerHTML.slice(0, 80)}`);
  for (const one of document.querySelectorAll("a, button"))
    if (!one.textContent.trim()) wrong.push(`says nothing: ${one.outerHTML}`);
  for (const part of ["main", "h1", "head > title"])
    if (document.querySelectorAll(part).length !== 1) wrong.push(`not one ${part}`);
  if (document.documentElement.lang !== "en") wrong.push("no language");
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id stands twice");
  for (const one of document.querySelectorAll("[style], [onclick], script:not([src])"))
    wrong.push(`inline: ${one.outerHTML.slice(0, 80)}`);
  return wrong;
}"""


@pytest.fixture
def phone(office: Office) -> Iterator[Page]:
    with office.context(PHONE) as context:
        page = office.page(context)
        office.log_in(page)
        yield page


def _offer(office: Office, send: str) -> str:
    return f"/sends/{office.id_of(send)}"


def test_a_held_offer_is_approved(office: Office, ada: Page) -> None:
    row = ada.get_by_role("row").filter(has_text="Holiday Shake").first
    row.get_by_role("link", name="Holiday Shake").click()
    expect(ada.get_by_role("heading", level=1)).to_have_text("Holiday Shake")
    ada.get_by_label("Why").first.fill("the menu is right")
    ada.get_by_role("button", name="Approve").click()
    expect(ada.get_by_role("status")).to_contain_text("Approved, as it stands now")
    expect(ada.get_by_role("button", name="Approve")).to_have_count(0)
    told = ada.get_by_role("listitem").filter(has_text="the menu is right")
    expect(told.first).to_contain_text("by ada")
    assert ("ada", "approved", "the menu is right") in events(
        office.shop, office.id_of("Holiday Shake")
    )
    office.shop.once()
    ada.reload()
    assert office.shop.state_of("Holiday Shake") == "waiting"
    expect(ada.locator(".offer .chip").first).to_have_text("waiting")


def test_an_unknown_offer_is_resolved(office: Office, ada: Page) -> None:
    first = ada.get_by_role("listitem").filter(has_text="Lunch Encore")
    expect(first).to_contain_text("unknown")
    first.get_by_role("link", name="Decide about Lunch Encore").click()
    expect(ada.get_by_text("Support > Schedules")).to_be_visible()
    button = ada.get_by_role("button", name="Note it")
    button.click()  # nothing was filled in: the browser itself asks for it
    expect(ada.locator(".offer .chip").first).to_have_text("unknown")
    (campaign,) = office.shop.campaigns_of("Lunch Encore")
    ada.get_by_label("The campaign is there").check()
    ada.get_by_label("Campaign number").fill(str(campaign.campaign_id))
    ada.locator("form").filter(has=button).get_by_label("Why").fill("found under Campaigns")
    button.click()
    expect(ada.get_by_role("status")).to_contain_text("Noted what became of it")
    expect(ada.locator(".offer .chip").first).to_have_text("committed")
    expect(ada.get_by_text(str(campaign.campaign_id)).first).to_be_visible()
    ada.goto("/")
    expect(ada.get_by_role("link", name="Decide about Lunch Encore")).to_have_count(0)


def test_without_the_role_or_the_token_nothing_is_said(office: Office, ada: Page) -> None:
    send = """async (token) => {
      const body = new URLSearchParams({what: "all", reason: "so", token});
      return (await fetch("/pauses", {method: "POST", body})).status;
    }"""
    ada.goto("/mappings")
    assert ada.evaluate(send, "") == 403
    with office.context() as context:
        page = office.page(context)
        office.log_in(page, "vic")
        page.goto(_offer(office, "Friday Fries - Push"))
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)
        token = page.locator("input[name=token]").first.get_attribute("value")
        assert page.evaluate(send, token) == 403
    assert len(office.complaints) == 2  # the two refusals, as Chromium tells them
    office.complaints.clear()
    assert office.shop.query("SELECT count(*) FROM pause") == [(0,)]


def test_a_wrong_password_is_told_and_the_right_one_leads_back(office: Office) -> None:
    with office.context() as context:
        page = office.page(context)
        page.goto("/ledger?state=held")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text("Wrong name or password")
        expect(page.get_by_label("Password")).to_be_focused()
        office.complaints.clear()  # Chromium tells the 401
        page.keyboard.type("correct horse battery")
        page.keyboard.press("Enter")
        page.wait_for_url("**/ledger?state=held")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    assert office.complaints == []


def test_every_page_is_sound_and_no_browser_complains(office: Office, ada: Page) -> None:
    sends = [_offer(office, name) for name in ("Two Cities", "Last Call Wings", "Lunch Encore")]
    for path in (*ALL, *sends):
        ada.goto(path)
        assert ada.evaluate(SOUND) == [], path


def test_the_pages_are_walked_by_keyboard(ada: Page) -> None:
    ada.keyboard.press("Tab")
    expect(ada.get_by_role("link", name="Skip to the content")).to_be_focused()
    ada.keyboard.press("Enter")
    expect(ada.locator("main")).to_be_focused()
    ada.goto("/")
    for _ in range(4):
        ada.keyboard.press("Tab")
    expect(ada.get_by_role("link", name="Ledger", exact=True)).to_be_focused()
    ada.keyboard.press("Enter")
    ada.wait_for_url("**/ledger")
    ada.keyboard.press("/")
    expect(ada.get_by_label("Search")).to_be_focused()
    ada.keyboard.type("two cit*")
    ada.keyboard.press("Enter")
    ada.wait_for_url("**text=two*")
    expect(ada.get_by_role("row")).to_have_count(3)
    summary = ada.locator("details.menu summary")
    summary.focus()
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("link", name="NDJSON")).to_be_visible()
    ada.keyboard.press("Escape")
    expect(ada.get_by_role("link", name="NDJSON")).to_be_hidden()
    expect(summary).to_be_focused()


def test_a_filter_takes_effect_when_it_is_chosen(ada: Page) -> None:
    ada.goto("/ledger")
    ada.get_by_label("Source").select_option("sf_core")
    ada.wait_for_url("**source=sf_core*")
    expect(ada.get_by_role("row").filter(has_text="braze_us")).to_have_count(0)
    ada.get_by_role("link", name="committed").first.click()
    expect(ada.get_by_role("row").filter(has_text="held")).to_have_count(0)
    with ada.expect_download() as taken:
        ada.locator("details.menu summary").click()
        ada.get_by_role("link", name="CSV").click()
    assert taken.value.suggested_filename.endswith(".csv")
    lines = taken.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("\ufeffsend_name,state,")
    assert len(lines) > 1
    assert all("sf_core" in line for line in lines[1:])


def test_everything_fits_a_phone(office: Office, phone: Page) -> None:
    for path in (*ALL, _offer(office, "Two Cities"), _offer(office, "Last Call Wings")):
        phone.goto(path)
        over = phone.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, path
    assert office.complaints == []


def test_reading_and_speaking_work_without_scripts(office: Office) -> None:
    with office.context(scripts=False) as context:
        page = office.page(context)
        office.log_in(page)
        page.goto("/ledger")
        page.get_by_label("Search").fill("Wings")
        page.get_by_role("button", name="Show").click()
        page.get_by_role("link", name="Last Call Wings").click()
        expect(page.get_by_role("heading", name="What to do")).to_be_visible()
        page.locator("summary", has_text="Take note of it").click()
        form = page.locator("form").filter(has=page.get_by_role("button", name="Take note"))
        form.get_by_label("Why").fill("no wings any more")
        page.get_by_role("button", name="Take note").click()
        expect(page.get_by_role("status")).to_contain_text("Taken note of")
    offer = office.id_of("Last Call Wings")
    assert ("ada", "acknowledged", "no wings any more") in events(office.shop, offer)


LONG = """() => {
  const named = "h1, .trials span:not(.chip), dd, .tag, .offer h2, .events p, .why, .reason, " +
    ".wanting li, .wants h3 a, .wants p, .lines td a, .gives";
  for (const one of document.querySelectorAll(named))
    if (!one.querySelector("a, time, small")) one.textContent = "A".repeat(150);
  return document.documentElement.scrollWidth - document.documentElement.clientWidth;
}"""


def test_a_name_without_blanks_widens_no_page(office: Office, ada: Page, phone: Page) -> None:
    for path in ("/", "/ledger", _offer(office, "Two Cities"), _offer(office, "Lunch Encore")):
        for page in (ada, phone):
            page.goto(path)
            assert page.evaluate(LONG) == 0, path
