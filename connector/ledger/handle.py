"""What every part of the ledger works with."""

from connector.ledger.chain import Head
from connector.ledger.mark import Mark
from connector.ledger.store import Store


class Handle:
    """One open ledger: its database, the id by which it is known, and how far it came for sure."""

    def __init__(self, store: Store, ledger_id: str) -> None:
        self._store = store
        self.ledger_id = ledger_id
        self._known: Mark | None = None
        self._marked: Head | None = None  # what the mark says, where this process wrote it

    @property
    def read_only(self) -> bool:
        """Whether it stands where nothing can be written."""
        return self._store.read_only
