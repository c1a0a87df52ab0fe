"""The ledger as a table to search, sort and take along, and as charts by the day."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, pairwise
from urllib.parse import urlencode

from starlette.responses import Response

from connector.domain.browsing import Order, Part, Place, Wanted
from connector.domain.distribution import Decision, State
from connector.domain.standing import Row
from connector.ledger.glances import MOST
from connector.ledger.instants import spelled
from connector.render import contract
from connector.render.bars import Bars, stacked
from connector.render.export import FORMS, written
from connector.web.exports import Export
from connector.web.guard import Ask, Draft, TurnedAwayError

LINES, BARE, CHUNK = 50, 10, 2_000
CHART_DAYS, AHEAD = 62, 7
SHOWN_OFFERS = 6
_FIRST = (State.COMMITTED, State.WAITING, State.INTENT, State.HELD, State.BLOCKED)
STACK = [state.value for state in (*_FIRST, *(each for each in State if each not in _FIRST))]
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
}
_FILTERS = ("text", "state", "source", "rule", "since", "until", "show")


def ledger(ask: Ask) -> Draft:
    """Show a part of the ledger that fits what is asked."""
    wanted, order, down = _wanted(ask), _order(ask), ask.query("dir") != "up"
    part = ask.ledger.browse(
        wanted, order=order, down=down, after=_place(ask.query("after")), limit=LINES
    )
    book = ask.site.rules_in_force()
    asked = {name: ask.query(name) for name in _FILTERS if ask.query(name)}
    ordering = {"sort": order.value, "dir": "down" if down else "up"}
    return ask.page(
        "ledger.html",
        wanted=wanted,
        asked=asked,
        order=order.value,
        down=down,
        part=part,
        bare=_bare(ask, wanted),
        all_bare=_query({**asked, "show": "sends"}),
        going_on=bool(ask.query("after")),
        next=_query({**asked, **ordering, "after": _spelled(part.next)}) if part.next else "",
        sorts={
            one.value: _query(
                {**asked, "sort": one.value, "dir": "up" if one is order and down else "down"}
            )
            for one in Order
        },
        states=_states(asked),
        chosen=_query({**asked, **ordering}),
        tally=ask.ledger.tally(),
        most=MOST,
        sources=sorted(ask.site.settings.sources),
        rules=sorted({rule.name for rule in book.rules}) if book else [],
    )


def _bare(ask: Ask, wanted: Wanted) -> Part | None:
    """Return the first sends without an offer that fit a search too; None where nobody asks."""
    if not wanted.text or wanted.of_sends or wanted.state is not None or ask.query("after"):
        return None
    return ask.ledger.browse(replace(wanted, bare=True), limit=BARE)


def export(ask: Ask) -> Response:
    """Send all that fits as a file, written as it is read."""
    form = ask.path("form")
    if form not in FORMS:
        raise TurnedAwayError(404, "No such form", "There are csv, json and ndjson.")
    rows = _all(ask, _wanted(ask), _order(ask), down=ask.query("dir") != "up")
    fields = (contract.line(row, ask.now, ask.site.words) for row in rows)
    name = f"ledger-{ask.now.astimezone(ask.site.zone):%Y-%m-%d-%H%M}.{form}"
    return Export(
        ask.site.exports,
        ask.visitor.name,
        _in_chunks(written(form, fields, ask.site.zone)),
        _TYPES[form],
        {
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-History-Head": str(ask.ledger.head),
        },
    )


def charts(ask: Ask) -> Draft:
    """Show how many offers each day brings, by state and by redeemable."""
    first, last = _span(ask)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    zone = ask.site.zone
    bounds = [datetime.combine(day, time(), zone) for day in [*days, last + timedelta(days=1)]]
    counts = ask.ledger.per_day(list(pairwise(bounds)))
    states = [[(one.state.value, one.number) for one in found] for found in counts]
    offers = [[(one.redeemable or "not known", one.number) for one in found] for found in counts]
    names = [f"{day:%d %b}" for day in days]
    common = Counter[str]()
    for name, number in chain.from_iterable(offers):
        common[name] += number
    top = [name for name, _ in common.most_common(SHOWN_OFFERS)]
    return ask.page(
        "charts.html",
        first=first,
        last=last,
        longest=CHART_DAYS,
        by_state=_bars(STACK, states, names),
        by_offer=_bars([*top, "others"], [_gathered(found, top) for found in offers], names),
    )


def _bars(series: list[str], counts: list[list[tuple[str, int]]], names: list[str]) -> Bars:
    rows = []
    for name, found in zip(names, counts, strict=True):
        number = Counter[str]()
        for key, count in found:
            number[key] += count
        rows.append((name, [number[one] for one in series]))
    used = [index for index in range(len(series)) if any(row[1][index] for row in rows)]
    return stacked(
        [series[index] for index in used],
        [(name, [row[index] for index in used]) for name, row in rows],
    )


def _gathered(found: list[tuple[str, int]], top: list[str]) -> list[tuple[str, int]]:
    return [(name if name in top else "others", number) for name, number in found]


def _all(ask: Ask, wanted: Wanted, order: Order, *, down: bool) -> Iterator[Row]:
    """Read all that fits, a part at a time: no reading holds up the worker's."""
    after: Place | None = None
    while True:
        ask.refuse_who_was_known()
        part = ask.ledger.browse(wanted, order=order, down=down, after=after, limit=CHUNK)
        yield from part.rows
        if part.next is None:
            return
        after = part.next


def _in_chunks(lines: Iterator[str]) -> Iterator[str]:
    chunk: list[str] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == CHUNK:
            yield "".join(chunk)
            chunk = []
    yield "".join(chunk)


# --- what is asked ------------------------------------------------------------------------------


def _wanted(ask: Ask) -> Wanted:
    since, until = _date(ask, "since"), _date(ask, "until")
    zone = ask.site.zone
    return Wanted(
        text=ask.query("text")[:200],
        state=_state(ask.query("state")),
        source=ask.query("source") or None,
        rule=ask.query("rule") or None,
        since=datetime.combine(since, time(), zone) if since else None,
        until=datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
        bare=ask.query("show") == "sends",
    )


def _state(text: str) -> State | Decision | None:
    if not text:
        return None
    for kind in (State, Decision):
        if text in set(kind):
            return kind(text)
    raise TurnedAwayError(400, "No such state", f"There is no state “{text}”.")


def _order(ask: Ask) -> Order:
    return Order(ask.query("sort")) if ask.query("sort") in set(Order) else Order.MESSAGE


def _date(ask: Ask, name: str) -> date | None:
    text = ask.query(name)
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not 2000 <= found.year < 3000:
        raise TurnedAwayError(400, "No such day", f"“{text}” is no day like 2026-11-24.")
    return found


def _span(ask: Ask) -> tuple[date, date]:
    """Return the first and the last day of the charts: some two months at most."""
    here = ask.now.astimezone(ask.site.zone).date()
    since, until = _date(ask, "since"), _date(ask, "until")
    last = until or (since + timedelta(days=CHART_DAYS - 1) if since else None)
    last = min(last or here + timedelta(days=AHEAD), here + timedelta(days=365))
    first = since or last - timedelta(days=29 + AHEAD)
    return max(min(first, last), last - timedelta(days=CHART_DAYS - 1)), last


def _place(text: str) -> Place | None:
    if not text:
        return None
    at, _, key = text.partition("~")
    with suppress(ValueError, OverflowError):
        instant = datetime.fromisoformat(at) if at else None
        if instant is None or instant.tzinfo is not None:
            return Place(instant and instant.astimezone(UTC), key)
    raise TurnedAwayError(400, "No such place", "The page's address was changed.")


def _spelled(place: Place) -> str:
    return f"{spelled(place.at) if place.at else ''}~{place.id}"


def _states(asked: dict[str, str]) -> dict[str, str]:
    """Return for each state, and for none, the address that shows it."""
    rest = {name: value for name, value in asked.items() if name not in ("state", "show")}
    return {name: _query({**rest, "state": name}) for name in ["", *State, *Decision]}


def _query(values: dict[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in values.items() if value})
