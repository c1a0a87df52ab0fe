"""What a person asks of a long history, and the part of it that answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.domain.distribution import Decision, State
from connector.domain.standing import Row


class Order(StrEnum):
    """By which instant lines are put in order: the message's, the offer's, the last change's."""

    MESSAGE = "message"
    OFFER = "offer"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: all that is given must hold. Instants are aware; they bound the message's.

    `bare` asks for the sends without an offer instead of the offers; a decision does so too.
    `text` is a part of a name (of the send, the segment or the redeemable; `*` and `?` are
    wildcards) in whatever case and accents, or an id, a campaign's number or its mark.
    """

    text: str = ""
    state: State | Decision | None = None
    source: str | None = None
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    bare: bool = False

    @property
    def of_sends(self) -> bool:
        """True where sends without an offer are asked for."""
        return self.bare or isinstance(self.state, Decision)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part ended, so that the next one can begin: an instant (None: no time), and an id."""

    at: datetime | None
    id: str


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines in their order. `next` is where to go on, None at the end.

    `looked_to` is set where so many lines were looked at that the search was cut short there;
    `beyond` are then lines further on whose send is called exactly as was asked.
    """

    rows: tuple[Row, ...]
    next: Place | None = None
    looked_to: datetime | None = None
    beyond: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Approved:
    """Who lifted the hold of an offer, and when: the next plan takes that up."""

    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Count:
    """So many offers of one state and one redeemable (None: not known)."""

    state: State
    redeemable: str | None
    number: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A coming send that a rule claims or skips: its id, its name, its message's instant."""

    id: str
    send_name: str
    first_delivery: datetime | None


@dataclass(frozen=True, slots=True)
class Claims:
    """How many coming sends a rule claims or skips, and the first of them."""

    number: int
    first: tuple[Claim, ...] = ()
