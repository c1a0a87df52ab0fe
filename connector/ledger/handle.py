"""What every part of the ledger works with."""

from connector.ledger.store import Store


class Handle:
    """One open ledger: its database, and the id by which it is known."""

    def __init__(self, store: Store, ledger_id: str) -> None:
        self._store = store
        self.ledger_id = ledger_id

    @property
    def read_only(self) -> bool:
        """Whether it stands where nothing can be written."""
        return self._store.read_only
