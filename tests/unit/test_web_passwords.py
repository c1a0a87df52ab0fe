"""Which passwords are refused when they are made: those that guesses begin with."""

from pathlib import Path
from unittest.mock import patch

import pytest

from connector.cli.verbs import web_hash_password
from connector.clock import randomness
from connector.web.passwords import easy, hashed
from tests.support.console import clean_environment, inside

EASY = [
    "1234567890", "qwertyuiop", "Password2026!", "P@ssw0rd2026", "iloveyou123", "aaaaaaaaaa",
    "1q2w3e4r5t", "letmein12345", "Punchh-Connector", "connector2026", "ada.Lovelace1",
    "abcabcabcabc", "  password  ", "SalesforceBraze", "welcome2026", "qazwsxedc123",
]  # fmt: skip
FINE = [
    "correct horse battery", "crème brûlée 🍟", "wagon-tulip-93-fjord", "kYz8qWv2bN",
    "the password is long enough", "Burger mit Pommes und Salat",
]  # fmt: skip


def test_what_is_guessed_first_is_easy() -> None:
    assert [one for one in EASY if not easy(one, "ada.lovelace")] == []
    assert [one for one in FINE if easy(one, "ada.lovelace")] == []


def test_a_hash_costs_what_owasp_advises() -> None:
    """With 32 MB of memory: N = 2¹⁵, r = 8, p = 3 (its cheat sheet on password storage)."""
    assert hashed(FINE[0], randomness()).startswith("scrypt:32768:8:3:")


@pytest.mark.parametrize(("password", "code"), [("Password2026!", 2), (FINE[0], 0)])
def test_no_hash_is_made_of_an_easy_one(tmp_path: Path, password: str, code: int) -> None:
    with patch.object(web_hash_password, "_piped", lambda: password):
        done = inside(tmp_path, "web", "hash-password", variables=clean_environment())
    assert (done.code, "scrypt:" in done.out) == (code, code == 0)
    assert password not in done.out + done.err
