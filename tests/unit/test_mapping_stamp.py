"""What tells, without reading them, that mapping files changed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.mapping.folder import stamp


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder as Kubernetes lays one out, with a file of its own beside."""
    for number in (1, 2):
        (tmp_path / f"..{number}").mkdir()
        (tmp_path / f"..{number}" / "a.yaml").write_text("version: 1\n")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    (tmp_path / "b.yaml").write_text("version: 1\n")
    return tmp_path


def _swap(folder: Path) -> None:
    (folder / "..new").symlink_to("..2")
    (folder / "..new").replace(folder / "..data")


def _rewrite_with_the_old_time(folder: Path) -> None:
    file = folder / "b.yaml"
    before = file.stat()
    file.write_text("version: 2\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        _swap,
        _rewrite_with_the_old_time,
        lambda folder: (folder / "b.yaml").unlink(),
        lambda folder: (folder / "b.yaml").rename(folder / "c.yaml"),
        lambda folder: (folder / "d.yml.txt").touch(),
        lambda folder: folder.rename(folder.with_name("away")),
    ],
)
def test_the_stamp_changes_with_the_files(folder: Path, change: Callable[[Path], object]) -> None:
    os.utime(folder / "b.yaml", (1, 1))
    before = stamp(folder)
    assert stamp(folder) == before
    change(folder)
    assert stamp(folder) != before


def test_one_file_may_be_the_whole_set(folder: Path) -> None:
    file = folder / "b.yaml"
    before = stamp(file)
    file.write_text("version: 1\nrules: []\n")
    assert stamp(file) != before
