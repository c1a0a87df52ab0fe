"""The mapping files as they were at a revision of their git repository."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from connector.domain.findings import Finding
from connector.errors import ConfigError
from connector.mapping import folder
from connector.mapping.folder import MappingText, Member

_PATIENCE = 30.0  # seconds; git only reads what is on this disk
_LINK = "120000"


def collect(path: Path, revision: str) -> tuple[tuple[MappingText, ...], tuple[Finding, ...]]:
    """Do what `folder.collect` does, with a file or folder as it was at a revision.

    Raises ConfigError where there is no git, no repository, or no such revision in it.
    """
    home, only = (path, None) if path.is_dir() else (path.parent, path.name)
    commit = _commit(home, revision)
    listed = _git(home, revision, "ls-tree", "-z", commit)
    members = sorted(_members(home, revision, listed), key=lambda member: member.name)
    wanted = [one for one in members if (one.name == only if only else folder.is_member(one.name))]
    return folder.gather(f"{revision}:{folder.shown(path)}", wanted)


def _members(home: Path, revision: str, listed: bytes) -> Iterator[Member]:
    for line in listed.decode("utf-8", "surrogateescape").split("\0"):
        about, _, name = line.partition("\t")
        mode, kind, blob = about.split(" ") if name else ("", "", "")
        if kind == "blob":
            data = partial(_linked if mode == _LINK else _blob, home, revision, blob)
            yield Member(name, f"{revision}:{folder.shown(home / name)}", data)


def _blob(home: Path, revision: str, blob: str) -> bytes:
    return _git(home, revision, "cat-file", "blob", blob)


def _linked(_home: Path, _revision: str, _blob: str) -> bytes:
    raise OSError(0, "it is a link, and links are not followed there")


def _commit(home: Path, revision: str) -> str:
    """Return the name of a revision's commit, so that git never reads a person's word again."""
    unknown = [f"{revision}: is no revision of the repository of {folder.shown(home)}, nor a file"]
    if revision.startswith("-"):
        raise ConfigError(unknown)
    found = _git(home, revision, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", "--")
    commit = found.decode("ascii", "replace").split()
    if len(commit) != 1:
        raise ConfigError(unknown)
    return commit[0]


def _git(home: Path, revision: str, *words: str) -> bytes:
    git = shutil.which("git")
    if git is None:
        raise ConfigError([f"{revision}: is no file or folder, and git is not installed here"])
    try:
        done = subprocess.run(  # noqa: S603  git by its path; no word of it is a shell's
            [git, "-C", str(home), *words],
            env=_environment(),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        told = f"{revision}: git could not be asked ({type(error).__name__})"
        raise ConfigError([told]) from None
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode and said:
        raise ConfigError([f"{revision}: git says: {said[0].removeprefix('fatal: ')}"])
    return done.stdout


def _environment() -> dict[str, str]:
    """Return git's variables: without our keys, and so that it runs nothing and asks nobody.

    Whoever may write the repository may name any program as the way to a remote, from which git
    would fetch an object that is missing.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("CONNECTOR_")
    }
    return environment | {"LC_ALL": "C", "GIT_ALLOW_PROTOCOL": "", "GIT_NO_LAZY_FETCH": "1"}
