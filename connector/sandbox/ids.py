"""Ids as each vendor shapes them: random to look at, the same for the same seed."""

import string
from random import Random
from uuid import UUID

_LETTERS = string.ascii_letters + string.digits
_CHECKSUM = string.ascii_uppercase + "012345"
_UUID_BITS = 128
_HEX_40_BITS = 160


def eighteen(id_: str) -> str:
    """Return a Salesforce id of 15 characters with the checksum that ends the long form.

    Each of its characters tells which of five are upper-case, the first by the lowest bit; so ids
    that differ only by case still differ where case is not minded (facts: salesforce §8).
    """
    fives = (id_[start : start + 5] for start in (0, 5, 10))
    bits = (sum(letter.isupper() << place for place, letter in enumerate(five)) for five in fives)
    return id_ + "".join(_CHECKSUM[number] for number in bits)


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
        """Return 18 characters beginning with the key prefix (facts: salesforce §1.0, §8)."""
        return eighteen(f"{prefix}5f0000{''.join(self.random.choices(_LETTERS, k=6))}")

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
