"""What people paused: by whom, why, and until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a pause stops: all commits, those of one source or rule, or those in Punchh."""

    ALL = "all"
    SOURCE = "source"
    RULE = "rule"
    PUNCHH = "punchh"


@dataclass(frozen=True, slots=True)
class Pause:
    """A person's stop. `name` is the source's or rule's, else ""; instants are aware, in UTC."""

    scope: Scope
    name: str
    at: datetime
    who: str
    why: str
    until: datetime | None = None

    @property
    def of(self) -> str:
        """Say in words what is paused."""
        return _WORDS[self.scope].format(self.name)

    @property
    def arguments(self) -> str:
        """Return what stands after `connector resume` to end it, with a blank in front."""
        return _ARGUMENTS[self.scope].format(self.name)

    def covers(self, source: str, rule: str) -> bool:
        match self.scope:
            case Scope.ALL | Scope.PUNCHH:
                return True
            case Scope.SOURCE:
                return self.name == source
            case Scope.RULE:
                return self.name == rule


_WORDS = {
    Scope.ALL: "everything",
    Scope.SOURCE: "source {}",
    Scope.RULE: "rule {}",
    Scope.PUNCHH: "punchh",
}
_ARGUMENTS = {
    Scope.ALL: "",
    Scope.SOURCE: " --source {}",
    Scope.RULE: " --rule {}",
    Scope.PUNCHH: " punchh",
}
