"""What `web hash-password` makes of a password, the login takes: blanks and letters as they are."""

import subprocess
import unicodedata
from pathlib import Path

from tests.support.console import TIMEOUT, clean_environment, script
from tests.support.ledger import new_ledger
from tests.support.pages import configured, served

TYPED = ("  outer blanks  ", "\u00a0crème brûlée 🍟 ")


def _piped(text: bytes, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603  our own script
        [script(), "web", "hash-password"],
        cwd=folder,
        env={**clean_environment(), **variables},
        input=text,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )


def test_the_login_takes_the_password_that_was_hashed(tmp_path: Path) -> None:
    users = ""
    for number, password in enumerate(TYPED):
        variables = {"PYTHONIOENCODING": "latin-1"} if number else {}
        done = _piped(f"{password}\r\n".encode(), tmp_path, **variables)
        kept = done.stdout.decode().strip()
        users += f'[web.users.user{number}]\npassword_hash = "{kept}"\n'
    new_ledger(tmp_path).close()
    (tmp_path / "mappings").mkdir()
    with served(configured(tmp_path, users)) as pages:
        for number, password in enumerate(TYPED):
            name = f"user{number}"
            for typed, status in (
                (password, 303),
                (unicodedata.normalize("NFD", password), 303),
                (password.strip(), 401),
            ):
                assert pages.reader().log_in(name, typed).status_code == status


def test_what_is_no_text_is_one_line(tmp_path: Path) -> None:
    done = _piped(b"pass\xffword of mine\n", tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert done.stderr.startswith(b"connector: ")


def test_without_standard_input_it_is_one_line_too(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S602  a closed stream takes a shell
        f'exec "{script()}" web hash-password <&-',
        shell=True,
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
