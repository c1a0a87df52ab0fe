"""The mapping files at a revision, read from real git repositories."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConfigError
from connector.mapping import folder, revision

ONE = b"version: 1\nrules:\n  - name: a\n    match: {send: x}\n    redeemable: R\n"


def git(home: Path, *words: str) -> bytes:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    words = ("git", "-C", str(home), *who, *words)
    return subprocess.run(words, check=True, capture_output=True).stdout  # noqa: S603  our own


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two commits: `maps` had other files and bytes in the first."""
    for name in tuple(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    maps = tmp_path / "maps"
    maps.mkdir()
    git(tmp_path, "init", "-q")
    for name in ("b.yaml", "a.yaml", "Ünï \t.yaml", ".hidden.yaml", "notes.txt", "old.yml"):
        (maps / name).write_bytes(ONE + name.encode())
    (maps / "deeper").mkdir()
    (maps / "deeper" / "c.yaml").write_bytes(ONE)
    (maps / "link.yaml").symlink_to("a.yaml")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    for path in maps.iterdir():
        if path.name not in ("a.yaml", "deeper"):
            path.unlink()
    (maps / "a.yaml").write_bytes(ONE)
    git(tmp_path, "commit", "-qam", "two")
    return tmp_path


def test_a_folder_as_it_was(repository: Path) -> None:
    texts, unread = revision.collect(Path("maps"), "HEAD~1")
    assert [(text.name, text.data, text.shown) for text in texts] == [
        (name, ONE + name.encode(), f"HEAD~1:maps/{name}")
        for name in ("a.yaml", "b.yaml", "Ünï \t.yaml")
    ]
    assert [str(one) for one in unread] == [
        ("HEAD~1:maps/link.yaml: cannot be read (it is a link, and links are not followed there)"),
        "HEAD~1:maps/old.yml: only *.yaml is read; rename it to old.yaml",
    ]


def test_what_is_committed_is_what_the_folder_holds(repository: Path) -> None:
    there, _ = revision.collect(Path("maps"), "main")
    here, _ = folder.collect(Path("maps"))
    assert folder.digest(there) == folder.digest(here)


def test_one_file_as_it_was(repository: Path) -> None:
    (text,), unread = revision.collect(Path("maps/a.yaml"), "HEAD~1")
    assert (text.data, text.shown, unread) == (ONE + b"a.yaml", "HEAD~1:maps/a.yaml", ())
    texts, unread = revision.collect(repository / "maps" / "new.yaml", "HEAD")
    assert (texts, [str(one) for one in unread]) == (
        (), ["HEAD:maps/new.yaml: holds no mapping file (*.yaml)"],
    )  # fmt: skip


def test_a_folder_that_was_not_there_yet(repository: Path) -> None:
    (repository / "fresh").mkdir()
    texts, unread = revision.collect(Path("fresh"), "HEAD")
    assert (texts, [str(one) for one in unread]) == (
        (), ["HEAD:fresh: holds no mapping file (*.yaml)"],
    )  # fmt: skip


@pytest.mark.parametrize("word", ["nope", "HEAD~9", "", "--help", "-x", "HEAD:maps", "a b", "@{u}"])
def test_no_such_revision(repository: Path, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        revision.collect(Path("maps"), word)
    (line,) = caught.value.problems
    assert line.startswith(f"{word}: ")
    assert "\n" not in line


def test_outside_any_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ConfigError) as caught:
        revision.collect(tmp_path, "HEAD")
    assert caught.value.problems[0].startswith("HEAD: git says: not a git repository")


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(ConfigError) as caught:
        revision.collect(Path("maps"), "HEAD")
    assert caught.value.problems == ("HEAD: is no file or folder, and git is not installed here",)
    (repository / "git").write_text("not a program")
    (repository / "git").chmod(0o755)
    with pytest.raises(ConfigError, match=r"HEAD: git could not be asked \(OSError\)"):
        revision.collect(Path("maps"), "HEAD")


@pytest.mark.parametrize("url", [".", "ext::touch {ran}"])
def test_git_runs_no_program_that_the_repository_names(repository: Path, url: str) -> None:
    """Whoever may write the mapping files may write its settings, and take an object away."""
    ran = repository / "ran"
    blob = git(repository, "rev-parse", "main:maps/a.yaml").decode().strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": url.format(ran=ran),
        "remote.origin.uploadpack": f"touch {ran}; false",
        "protocol.ext.allow": "always",
    }.items():
        git(repository, "config", name, value)
    with pytest.raises(ConfigError, match="git says"):
        revision.collect(Path("maps"), "main")
    assert not ran.exists()


def test_git_gets_no_key_of_ours(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []
    run = subprocess.run

    def noted(words: list[str], **more: Any) -> Any:
        seen.append(more["env"])
        return run(words, **more)

    monkeypatch.setenv("CONNECTOR_PUNCHH__ADMIN_KEY", "canary-admin-key")
    monkeypatch.setattr(subprocess, "run", noted)
    revision.collect(Path("maps"), "main")
    assert seen
    assert "canary-admin-key" not in str(seen)
