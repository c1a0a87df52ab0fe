"""Ids as each vendor shapes them: random to look at, the same for the same seed."""

import string
from random import Random
from uuid import UUID

_LETTERS = string.ascii_letters + string.digits
_UUID_BITS = 128
_HEX_40_BITS = 160


class Ids:
    """A seeded source of vendor ids."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._segment = 1_306_000
        self._redeemable = 20_400
        self._campaign = 99_511_400

    def uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(_UUID_BITS), version=4))

    def hex40(self) -> str:
        return f"{self.random.getrandbits(_HEX_40_BITS):040x}"

    def salesforce(self, prefix: str) -> str:
        """Return 18 characters beginning with the key prefix (facts: salesforce §1.0)."""
        return f"{prefix}5f0000{''.join(self.random.choices(_LETTERS, k=18 - len(prefix) - 6))}"

    def segment(self) -> int:
        self._segment += self.random.randint(1, 40)
        return self._segment

    def redeemable(self) -> int:
        self._redeemable += self.random.randint(1, 9)
        return self._redeemable

    def campaign(self) -> int:
        """Return a fresh id, always above every earlier one."""
        self._campaign += self.random.randint(1, 30)
        return self._campaign
