"""The marketers' folder of mapping files, without the YAML: which set it holds, or that it is bad.

What the worker's keeper of rules asks for is here; reading real files is proven elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from connector.domain.rules import RuleBook
from connector.errors import ConfigError
from connector.ledger import Ledger
from tests.simulation.brand import book


@dataclass
class Folder:
    """`book` is the number of the set that lies there, None while the files are spoilt."""

    book: int | None = 0
    empty: bool = False
    edit: int = 0

    def put(self, number: int) -> None:
        self.book, self.empty, self.edit = number, False, self.edit + 1

    def spoil(self, how: str) -> None:
        self.book, self.empty, self.edit = None, how == "empty", self.edit + 1

    @property
    def name(self) -> str:
        """What the files' bytes come to: the same set is the same name."""
        return f"book-{self.book}" if self.book is not None else f"spoilt-{self.edit}"


@dataclass(frozen=True)
class Sets:
    """The folder as the keeper of rules sees it, and what the ledger kept of it."""

    folder: Folder
    ledger: Ledger
    path = Path("mappings")

    def fingerprint(self) -> str:
        if self.folder.empty:
            raise ConfigError(["mappings: holds no mapping file (*.yaml)"])
        return self.folder.name

    def load(self) -> tuple[RuleBook, Mapping[str, str]]:
        if self.folder.book is None:
            raise ConfigError(["mappings/rules.yaml:3:1: this is not a mapping file"])
        return book(self.folder.book), {"rules.yaml": self.folder.name}

    def accept(self, taken: RuleBook, files: Mapping[str, str], at: datetime) -> None:
        self.ledger.accept_mappings(taken.digest, files, at=at)

    def accepted(self) -> RuleBook | None:
        kept = self.ledger.last_mappings()
        if kept is None:
            return None
        return next(found for found in map(book, count()) if found.digest == kept.digest)
