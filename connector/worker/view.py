"""How things stood after a turn of the loop: what the endpoints and systemd show of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.domain.attention import Attention
from connector.domain.plan import Mode
from connector.domain.standing import RemoteNote


@dataclass(frozen=True)
class View:
    """What was seen at an instant. Instants are aware, in UTC.

    `mappings_at` is since when the mapping set is in force; `stale_since` since when the files
    have had a mistake that keeps them out. `next_commit_by` and `oldest` are of the offers that
    may still be committed: the first deadline ahead, and since when the longest known of their
    sends is known.
    """

    at: datetime
    mode: Mode
    counts: Mapping[str, int]
    remotes: Mapping[str, RemoteNote]
    attentions: tuple[Attention, ...]
    pauses: int
    mappings_at: datetime | None
    stale_since: datetime | None
    next_commit_by: datetime | None
    oldest: datetime | None

    @property
    def open(self) -> tuple[Attention, ...]:
        """What nobody has taken note of yet."""
        return tuple(one for one in self.attentions if one.acknowledged_by is None)

    @property
    def status(self) -> str:
        """One line for `systemctl status`."""
        mode = "rehearsal" if self.mode.rehearsal else "live"
        by_severity = Counter(one.severity.value for one in self.open)
        wants = ", ".join(f"{count} {name}" for name, count in sorted(by_severity.items()))
        return f"{mode}; wants a person: {wants or 'nothing'}"
