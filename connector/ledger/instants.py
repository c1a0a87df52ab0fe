"""How an instant rests in the database: aware, in UTC, readable and sortable as text."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


def spelled(moment: datetime) -> str:
    """Spell an aware instant in fixed width: `2026-11-22T06:00:00.000000Z`."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment!r} has no zone: the ledger holds aware instants only")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class Instant(TypeDecorator[datetime]):
    """An instant: text with `Z` in SQLite, `timestamptz` in PostgreSQL; never naive.

    A cycle reads and writes hundreds of thousands, so the processors are handed out whole.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(Text())

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return _to_instant if dialect.name == "postgresql" else _to_text

    def result_processor(self, dialect: Dialect, _coltype: object) -> Callable[[Any], Any]:
        return _from_instant if dialect.name == "postgresql" else _from_text


def _to_text(moment: datetime | None) -> str | None:
    return None if moment is None else spelled(moment)


def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _to_instant(moment: datetime | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(spelled(moment))


def _from_instant(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
