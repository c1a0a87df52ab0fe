"""What was saved, and when: for reads that lag behind the writes (facts: braze §4)."""

from collections import deque
from datetime import datetime
from typing import Generic, Protocol, TypeVar

_KEPT = 32  # saved states of one thing: enough for every edit within the longest lag


class _Saved(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def edited(self) -> datetime: ...


T = TypeVar("T", bound=_Saved)


class Saved(Generic[T]):
    """The latest states of every thing, by the instant at which each was saved."""

    def __init__(self) -> None:
        self._states: dict[str, deque[T]] = {}

    def note(self, state: T) -> None:
        self._states.setdefault(state.id, deque(maxlen=_KEPT)).append(state)

    def as_of(self, moment: datetime) -> dict[str, T]:
        """Return every thing as it stood at a moment; what was made later is not there."""
        found: dict[str, T] = {}
        for id_, states in self._states.items():
            state = next((one for one in reversed(states) if one.edited <= moment), None)
            if state is not None:
                found[id_] = state
        return found
