"""What the worker asks of the outside world: sources of sends, one loyalty platform, channels."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from connector.domain.checkup import Check
from connector.domain.guest import Canary, Reward
from connector.domain.message import Message
from connector.domain.offer import Catalog, Order, Outcome, Terms
from connector.domain.send import Send, Snapshot


class Source(Protocol):
    """One account of a marketing cloud."""

    name: str

    @property
    def skew(self) -> timedelta:
        """How far its clock is ahead of ours (behind: negative), as last measured."""

    @property
    def not_before(self) -> datetime | None:
        """The instant before which it last asked not to be called."""

    def poll(self, now: datetime, worked: frozenset[str]) -> Snapshot:
        """Return every scheduled send; RemoteError unless it was read whole.

        `worked` are the kinds that this source has ever read: an error in one of them is an
        error of the source, while a kind that the account never had may be switched off.
        """

    def check(self, now: datetime, worked: frozenset[str]) -> Iterator[Check]:
        """Try what the key may do, reading only; RemoteError ends it where all is refused.

        `worked` as in `poll`.
        """

    def confirm(self, sends: Iterable[Send]) -> Mapping[tuple[str, str, str], bool]:
        """Say of each send (by series) that vanished whether its details still call it live."""

    def drafts(self, sends: Iterable[Send]) -> Mapping[tuple[str, str, str], bool]:
        """Say of each send (by series) whether a draft of changes to it waits to be launched."""


class Loyalty(Protocol):
    """The platform that gives the offers."""

    terms: Terms

    @property
    def skew(self) -> timedelta:
        """How far the platform's clock is ahead of ours (behind: negative), as last measured."""

    @property
    def not_before(self) -> datetime | None:
        """The instant before which it last asked not to be called."""

    @property
    def counts_guests(self) -> bool:
        """Whether a segment's size can be asked at all."""

    def guests(self, segment_id: int) -> int:
        """Return how many guests a segment has; RemoteError where that cannot be read."""

    @property
    def canaries(self) -> Mapping[str, Canary]:
        """The configured test guests, by name."""

    def rewards(self, canary: str) -> Sequence[Reward]:
        """Return what is in a canary's account; RemoteError where that cannot be read."""

    def in_segment(self, canary: str, segment_id: int) -> bool:
        """Say whether a canary is in a segment; RemoteError where that cannot be read."""

    def catalog(self) -> Catalog:
        """Return all segments and redeemables; RemoteError unless both were read to the end."""

    def check(self) -> Iterator[Check]:
        """Try what the key may do, reading only; RemoteError ends it where all is refused."""

    def body(self, order: Order) -> bytes:
        """Return the exact bytes that `commit` would send."""

    def commit(self, order: Order) -> Outcome:
        """Make one commit, once. Never raises for what happens on the wire."""


class Right(Protocol):
    """The right to commit, held by one process at a time."""

    def renew(self) -> bool:
        """Hold it from now on; true where it had to be taken anew. LedgerBusyError if another does.

        Called before a cycle says of any attempt that nobody owns it.
        """

    def prove(self) -> None:
        """LedgerError or LedgerBusyError unless it was held since it was last renewed."""


class Channel(Protocol):
    """A way in which people are told what wants them."""

    name: str

    def send(self, message: Message) -> str:
        """Deliver a message, within seconds; RemoteError where it did not get there.

        Returns what should be mended all the same ("" if nothing).
        """


class Heartbeat(Protocol):
    """A dead man's switch: it raises the alarm when it hears nothing for a while."""

    def beat(self, *, good: bool) -> None:
        """Give a sign of life after a cycle; RemoteError where it did not get there."""
