"""One send whole: what its source said, which rule claims it, its offers, and what happened."""

from dataclasses import dataclass

from connector.domain.attention import Attention, noted, of_row
from connector.domain.browsing import Approved
from connector.domain.distribution import Attempt, Distribution, State
from connector.domain.match import trace
from connector.domain.message import PASTE
from connector.domain.policy import NOTICE
from connector.domain.reasons import REHEARSAL, Reason, nested
from connector.domain.send import Send
from connector.domain.standing import Acknowledgement, Row
from connector.domain.verdicts import ABANDONED, may_still_arrive
from connector.mapping.suggest import Suggester
from connector.render.steps import steps
from connector.render.words import Pieces
from connector.web.guard import Ask, Draft, TurnedAwayError

EVENTS = 200
SAID = {
    "approve": "Approved, as it stands now; the next cycle takes it up.",
    "resolve": "Noted what became of it.",
    "retry": "It is tried again by the next cycle.",
    "acknowledge": "Taken note of: it is open no more until it changes.",
    "recommit": "It is made again for the new time.",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a send, with what a person needs to decide about it.

    `rules` is a mapping file to paste, where no rule claims the send; else "".
    `may` are the words that the ledger takes of it as it stands; `warning` is for a lost request
    that may still arrive; `approved` is set while the next plan has not taken it up.
    """

    row: Row
    attention: Attention | None
    steps: tuple[Pieces, ...]
    rules: str
    attempts: tuple[Attempt, ...]
    may: frozenset[str]
    warning: Reason | None
    approved: Approved | None

    @property
    def adds(self) -> bool:
        """Say whether what needs attention is more than the reason that is shown anyway."""
        offer, occurrence = self.row.distribution, self.row.occurrence
        shown = offer.reason if offer else occurrence.reason
        return self.attention is not None and shown not in tuple(nested(self.attention.reason))

    @property
    def offer(self) -> Distribution | None:
        return self.row.distribution


def send(ask: Ask, *, refused: str = "", status: int = 200) -> Draft:
    """Show a send by its id or by that of one of its offers."""
    ledger, wanted = ask.ledger, ask.path("id")
    rows = ledger.send(wanted)
    if not rows:
        raise TurnedAwayError(404, "No such send", f"The ledger has nothing numbered “{wanted}”.")
    occurrence, book = rows[0].occurrence, ask.site.rules_in_force()
    notes = ledger.acknowledgements()
    lifted = ledger.approved(row.distribution for row in rows if row.distribution)
    return ask.page(
        "send.html",
        status=status,
        refused=refused,
        paste=PASTE,
        said=SAID.get(ask.query("said"), ""),
        wanted=wanted,
        occurrence=occurrence,
        send=occurrence.send,
        lines=[_shown(ask, row, notes.get(row.id), lifted.get(row.id)) for row in rows],
        trials=trace(occurrence.send, book) if book else (),
        events=tuple(reversed(ledger.events(occurrence=occurrence.key, limit=EVENTS))),
        form=ask.form,
        word=ask.request.url.path.rpartition("/")[2] if refused else "",
    )


def _shown(ask: Ask, row: Row, note: Acknowledgement | None, approved: Approved | None) -> Shown:
    attention = None if approved else of_row(row, ask.now)
    attention = attention and noted(attention, note)
    unclaimed = attention and attention.unclaimed
    return Shown(
        row,
        attention,
        steps(row, attention, ask.site.words, approver=ask.visitor.may_act) if attention else (),
        _ready_rules(ask, unclaimed) if unclaimed else "",
        ask.ledger.attempts(row.distribution.id) if row.distribution else (),
        _may(row, attention) - ({"approve"} if approved else set()),
        _warning(ask, row.distribution),
        approved,
    )


def _ready_rules(ask: Ask, send: Send) -> str:
    book = ask.site.files().book or ask.site.rules_in_force()
    words = ask.site.words
    return Suggester(book, None, words.local, words.whole).ready([send]) if book else ""


def _may(row: Row, attention: Attention | None) -> frozenset[str]:
    offer, words = row.distribution, set()
    if attention is not None and attention.acknowledged_by is None:
        words.add("acknowledge")
    match offer.state if offer else None:
        case State.HELD if offer and offer.reason.code not in (REHEARSAL, "paused"):
            words.add("approve")
        case State.UNKNOWN:
            words.add("resolve")
        case State.REJECTED:
            words.add("retry")
            if offer and offer.reason.code == ABANDONED:
                words.add("although")
        case State.COMMITTED if offer and _moved(row, offer):
            words.add("recommit")
    return frozenset(words)


def _moved(row: Row, offer: Distribution) -> bool:
    when = row.occurrence.when
    return (
        when is not None
        and row.occurrence.closed_at is None
        and offer.recommitted_as is None
        and when.first_delivery != offer.first_delivery
    )


def _warning(ask: Ask, offer: Distribution | None) -> Reason | None:
    """Warn of a request that a person said did not arrive, while Punchh would still take it."""
    if offer is None or offer.reason.code != "not-committed" or offer.start_time is None:
        return None
    until = offer.start_time - NOTICE
    return may_still_arrive(until) if ask.now < until else None
