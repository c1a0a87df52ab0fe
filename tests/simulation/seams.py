"""The places at which the simulated outside and the crashes take hold of the connector."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, create_engine

from connector.clock import Clock
from connector.errors import RemoteError
from connector.http import client as http_client
from connector.ledger import Ledger, schema, store
from connector.ledger import ledger as ledger_module
from connector.ledger.store import Store
from connector.sources.salesforce import session as salesforce_session
from connector.worker import observe
from tests.simulation.line import Session
from tests.simulation.outside import Outside


def one_after_another(tasks: Mapping[str, Callable[[], Any]], _clock: Clock) -> dict[str, Any]:
    """Do what `side_by_side` does, in one thread. A fault of ours is not swallowed here."""
    answers: dict[str, Any] = {}
    for name, task in tasks.items():
        try:
            answers[name] = task()
        except RemoteError as error:
            answers[name] = error
    return answers


@contextmanager
def seams(outside: Outside, seam: Callable[[str], None]) -> Iterator[None]:
    """Put the simulated outside and the crash seams in their places."""
    whole = {name: getattr(Ledger, name) for name in ("record", "begin", "settle")}
    whole |= {name: getattr(Ledger, name) for name in ("note_remotes", "orphans")}
    names = {"note_remotes": "note"}

    def wrapped(name: str) -> Callable[..., Any]:
        called = names.get(name, name)

        def call(self: Ledger, *args: Any, **given: Any) -> Any:
            seam(f"{called}.before")
            result = whole[name](self, *args, **given)
            seam(f"{called}.after")
            return result

        return call

    write_mark = ledger_module.write_mark  # type: ignore[attr-defined]

    def marked(*args: Any) -> None:
        seam("begin.mark")
        write_mark(*args)

    with ExitStack() as stack:
        enter = stack.enter_context
        for room in (http_client, salesforce_session):
            enter(patch.object(room, "open_session", lambda line: Session(line, outside.answer)))
        enter(patch.object(observe, "side_by_side", one_after_another))
        enter(patch.object(ledger_module, "write_mark", marked))
        for name in whole:
            enter(patch.object(Ledger, name, wrapped(name)))
        _hurry(enter)
        yield


def _hurry(enter: Callable[[Any], Any]) -> None:
    """Leave out what every ledger opened would do anew, and what only a power cut could tell."""
    connect = Store._connect

    def fast(self: Store) -> sqlite3.Connection:
        connection = connect(self)
        connection.execute("PRAGMA synchronous = OFF").close()
        return connection

    enter(patch.object(Store, "_connect", fast))
    enter(patch.object(store, "create_engine", _engine))
    enter(patch.object(schema, "known_revisions", cache(schema.known_revisions)))
    enter(patch.object(schema, "newest_revision", cache(schema.newest_revision)))


@cache
def _compiled() -> Engine:
    """Return the engine whose compiled statements all ledgers of this process use."""
    return create_engine("sqlite://")


def _engine(*args: Any, **given: Any) -> Engine:
    """Make an engine that does not compile every statement anew for each ledger opened."""
    made = create_engine(*args, **given)
    made.dialect, made._compiled_cache = _compiled().dialect, _compiled()._compiled_cache
    return made
