"""What the three remotes were asked: never a header, a query or a body."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `status` is None while it is open and 0 when no answer was begun."""

    number: int
    remote: str
    method: str
    path: str
    at: datetime
    status: int | None = None
    fault: str = ""
    violation: str = ""


class RequestLog:
    """All requests in the order in which they came in."""

    def __init__(self) -> None:
        self._rows: dict[int, Asked] = {}
        self._last = 0

    def begin(self, remote: str, method: str, path: str, at: datetime, fault: str) -> int:
        self._last += 1
        self._rows[self._last] = Asked(self._last, remote, method, path, at, fault=fault)
        return self._last

    def finish(self, number: int, status: int) -> None:
        row = self._rows.get(number)
        if row is not None and row.status is None:
            self._rows[number] = replace(row, status=status)

    def violation(self, number: int, what: str) -> None:
        row = self._rows.get(number)
        if row is not None:
            self._rows[number] = replace(row, violation=what)

    def rows(self) -> tuple[Asked, ...]:
        return tuple(self._rows.values())

    def clear(self) -> None:
        self._rows.clear()
