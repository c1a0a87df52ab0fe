"""One request to the control API, and what a verb is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.sandbox.fields import ControlError, Fields
from connector.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the control API; `id` is the last part of a path that has one."""

    id: str
    query: Mapping[str, str]
    body: Any

    def fields(self) -> Fields:
        if not isinstance(self.body, dict):
            raise ControlError("the body must be a JSON object")
        return Fields(self.body)


Verbs = dict[str, tuple[str, Callable[[World, Call], Any]]]
