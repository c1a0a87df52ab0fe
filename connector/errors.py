"""What can go wrong, told once and in words for the person who has to act.

Low down an error is raised with its facts; the command line prints `str(error)`, one line each,
and exits with its class's `exit_code`.
"""

from collections.abc import Sequence
from datetime import datetime

from connector.domain.distribution import Distribution
from connector.domain.reasons import Reason

MOST_PROBLEMS = 100  # so many lines anybody reads


class ConnectorError(Exception):
    """Anything the connector tells a person instead of a traceback."""

    exit_code = 1
    reason: Reason | None = None  # where its sentence names instants: it is then put into words


class ConfigError(ConnectorError):
    """The configuration or the mapping files cannot be used.

    `problems` has a line for each; of very many, for the first, and how many more there are.
    """

    exit_code = 2

    def __init__(self, problems: Sequence[str]) -> None:
        more = len(problems) - MOST_PROBLEMS
        rest = [f"{more:,} more problems: correct these first"] if more > 0 else []
        self.problems = (*problems[:MOST_PROBLEMS], *rest)
        super().__init__("\n".join(self.problems))


class LedgerError(ConnectorError):
    """The ledger is missing, foreign, hurt or older than its mark: nothing is committed."""


class UnmarkedError(LedgerError):
    """An intent is written, and must not be sent: the ledger or its mark cannot be relied on.

    `intent` is the row as it stands.
    """

    def __init__(self, told: str, intent: Distribution) -> None:
        super().__init__(told)
        self.intent = intent


class LedgerBusyError(ConnectorError):
    """Another worker holds the right to commit."""

    exit_code = 3

    def __init__(self, told: str, reason: Reason | None = None) -> None:
        super().__init__(told)
        self.reason = reason


class RefusedError(ConnectorError):
    """A person's word that the ledger's rules do not allow."""

    def __init__(self, said: str | Reason) -> None:
        super().__init__(said.key if isinstance(said, Reason) else said)
        self.reason = said if isinstance(said, Reason) else None


class RemoteError(ConnectorError):
    """A remote could not be read whole. Never to be taken for an empty answer.

    `account` is true where the remote refused our key or rights (401, 403): asking again before
    somebody changed something makes it worse. `not_before` is the instant before which it asked
    not to be called.
    """

    def __init__(
        self,
        remote: str,
        reason: Reason,
        *,
        account: bool = False,
        not_before: datetime | None = None,
    ) -> None:
        super().__init__(f"{remote}: {reason.key}")
        self.remote = remote
        self.reason: Reason = reason
        self.account = account
        self.not_before = not_before
