"""Reading the control API's JSON: each key once, by kind, with a sentence for what is wrong."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connector.sandbox.times import aware


class ControlError(Exception):
    """A request to the control API that cannot be done: one sentence, and a status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Fields:
    """A JSON object whose keys are taken one by one; `done` refuses the keys left over."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def take(self, name: str, default: Any = None) -> Any:
        return self._values.pop(name, default)

    def text(self, name: str, default: str | None = None) -> str:
        value = self._values.pop(name, default)
        if not isinstance(value, str):
            raise ControlError(f"{name} must be a text")
        return value

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self._values.pop(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
            raise ControlError(f"{name} must be a list of texts")
        return tuple(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self._values.pop(name, default)
        if not isinstance(value, bool):
            raise ControlError(f"{name} must be true or false")
        return value

    def whole(self, name: str, default: int) -> int:
        value = self._values.pop(name, default)
        if type(value) is not int or value < 0:
            raise ControlError(f"{name} must be a whole number, 0 or more")
        return value

    def seconds(self, name: str, default: float | None = None) -> float:
        value = self._values.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ControlError(f"{name} must be a number of seconds")
        return float(value)

    def minutes(self, name: str) -> float:
        value = self._values.pop(name, None)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ControlError(f"{name} must be a number of minutes")
        return float(value)

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> Any:
        value = self._values.pop(name, default)
        if value not in choices:
            raise ControlError(f"{name} must be one of {', '.join(choices)}")
        return value

    def anything(self, name: str, default: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Take an object of any values: what a vendor shows instead of what is there."""
        value = self._values.pop(name, default or {})
        if not isinstance(value, Mapping):
            raise ControlError(f"{name} must be an object")
        return value

    def instant(self, name: str) -> datetime | None:
        """Take an ISO-8601 instant with a zone; null is None."""
        value = self._values.pop(name, None)
        if value is None:
            return None
        try:
            return aware(value)
        except (TypeError, ValueError):
            raise ControlError(f"{name} must be an ISO-8601 time with a zone") from None

    def done(self) -> None:
        if self._values:
            raise ControlError(f"unknown: {', '.join(sorted(self._values))}")
