"""The cookies' secret beside the ledger, made by two processes at once."""

from pathlib import Path
from random import Random

from connector.web.sessions import secret_beside


class Interrupted(Random):
    """Random bytes, while which are drawn another process makes the secret too."""

    def __init__(self, ledger: Path) -> None:
        super().__init__(1)
        self._ledger = ledger
        self.others: list[bytes] = []

    def randbytes(self, n: int) -> bytes:
        self.others.append(secret_beside(self._ledger, Random(2)))
        return super().randbytes(n)


def test_two_that_start_at_once_have_one_secret(tmp_path: Path) -> None:
    random = Interrupted(tmp_path / "ledger.db")
    secret = secret_beside(tmp_path / "ledger.db", random)
    assert random.others == [secret]
    assert secret_beside(tmp_path / "ledger.db", Random(3)) == secret
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db.web-secret"]
