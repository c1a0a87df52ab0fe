"""The example files that `init` and `demo` write out; they stand in the project's own folders."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

MAPPINGS = ("README.md", "restaurant.yaml", "mapping.schema.json")


def copy(name: str, to: Path) -> None:
    """Write an example file, with the folders it needs."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with as_file(files(__name__) / name) as example:
        shutil.copyfile(example, to)


def copy_mappings(folder: Path) -> None:
    """Write the guide, the worked mapping example and its schema."""
    for name in MAPPINGS:
        copy(name, folder / name)
