"""What a process could leave behind, or hold on to, that it should not."""

import resource
import threading
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest

from connector.alerts import mail
from connector.clock import SystemClock
from connector.domain.attention import Severity
from connector.domain.message import Message, News, Notice
from connector.errors import LedgerError, RemoteError
from connector.ledger import backup
from connector.ledger.store import Store
from connector.settings import EmailSettings
from tests.support.console import ROOT, clean_environment, inside
from tests.support.ledger import new_ledger
from tests.support.mailserver import MailServer, Manners

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_no_process_leaves_a_core_with_its_keys(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        assert inside(tmp_path, "--version", variables=clean_environment()).code == 0
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    for unit in ("connector.service", "connector-web.service"):
        assert "LimitCORE=0" in (ROOT / "config" / unit).read_text().splitlines()


def test_a_mail_server_that_drips_holds_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "LONGEST", 0.5)
    notice = Notice(News.BEGAN, Severity.WARNING, "test", "test", "a test", "nothing", NOW)
    with MailServer(Manners(drips=True)) as server:
        settings = EmailSettings(
            kind="email",
            host="127.0.0.1",
            port=server.port,
            security="none",
            sender="a@brand.example",
            to=("b@brand.example",),
        )
        channel = mail.connect(
            "m", settings, clock=SystemClock(), random=Random(1), proxy=None, ca_bundle=None
        )
        failed: list[RemoteError] = []

        def send() -> None:
            with pytest.raises(RemoteError) as error:
                channel.send(Message((notice,)))
            failed.append(error.value)

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    assert [one.reason.code for one in failed] == ["not-told"]


def test_a_backup_swapped_while_it_is_restored_is_checked_as_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept.db"
    with new_ledger(tmp_path) as ledger:
        ledger.back_up(kept)
        path = tmp_path / "ledger.db"
    before = path.read_bytes()

    class Swapped(Store):
        def __init__(
            self, path: Path, mode: Literal["ro", "rw", "rwc"] = "rw", **more: Any
        ) -> None:
            if path == kept and mode == "ro":
                hurt = bytearray(kept.read_bytes())
                hurt[-4096:] = bytes(4096)
                kept.write_bytes(hurt)
            super().__init__(path, mode, **more)

    monkeypatch.setattr(backup, "Store", Swapped)
    with pytest.raises(LedgerError, match="hurt"):
        backup.restore(path, kept, at=NOW, who="test")
    assert path.read_bytes() == before
