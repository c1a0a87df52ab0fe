"""A person's word and its transaction. A word that is refused is an event, too: who tried what."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from connector.errors import LedgerError, RefusedError
from connector.ledger.history import EventRow, Verb, add_events
from connector.ledger.store import Store
from connector.ledger.tables import distribution, occurrence

_LONGEST, _MOST = 500, 20  # letters of a text, and ids: whoever is refused must not fill the ledger


@dataclass(frozen=True, slots=True)
class Word:
    """What a person asks of the ledger: `verb` as on the command line, of the rows `of`."""

    verb: str
    at: datetime
    who: str
    why: str = ""
    of: tuple[str, ...] = ()


@contextmanager
def said(store: Store, word: Word) -> Iterator[Connection]:
    """Give the transaction in which a word counts, or in which it is refused."""
    try:
        with store.writing() as tx:
            yield tx
    except RefusedError as error:
        with suppress(LedgerError), store.writing() as tx:  # the refusal matters more than its note
            add_events(tx, [_refusal(tx, word, error)])
        raise


def _refusal(tx: Connection, word: Word, error: RefusedError) -> EventRow:
    details: dict[str, Any] = {"verb": word.verb}
    if word.of:
        details["of"] = [each[:_LONGEST] for each in word.of[:_MOST]]
    if len(word.of) > _MOST:
        details["count"] = len(word.of)
    if word.why:
        details["why"] = word.why[:_LONGEST]
    offer, send = _subject(tx, word.of)
    return EventRow(
        word.at,
        word.who,
        Verb.REFUSED,
        error.reason or str(error)[:_LONGEST],
        occurrence=send,
        distribution=offer,
        details=details,
    )


def _subject(tx: Connection, ids: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Return the offer and the send that a word was about, where it was about one."""
    if len(ids) != 1:
        return None, None
    of_offer = select(distribution.c.occurrence).where(distribution.c.id == ids[0])
    if (send := tx.execute(of_offer).scalar()) is not None:
        return ids[0], send
    return None, tx.execute(select(occurrence.c.key).where(occurrence.c.id == ids[0])).scalar()
