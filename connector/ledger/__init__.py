"""What has happened: the tables, their opening and integrity, the writers and the reads."""

from connector.ledger.committer import Committer
from connector.ledger.history import EventRow
from connector.ledger.ledger import Ledger

__all__ = ["Committer", "EventRow", "Ledger"]
