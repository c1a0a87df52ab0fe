"""Clients that nobody here wrote, installed by their usual installers into a folder of the tests.

Run them with `pytest -m clients`. Where npm, a Python of 3.12 or the packages are not to be had,
they are skipped and say so.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.sandbox import Outside, opened

# The newest that run on the Node.js that is here; braze-mcp-server says `mcp>=1.11`, and does not
# start with mcp 2.
JSFORCE = {22: "jsforce@3.10.26", 18: "jsforce@3.10.16"}
BRAZE_MCP = ("braze-mcp-server==1.2.0", "mcp<2")
_PATIENCE = 300


def _quietly(command: Sequence[str | Path], reason: str) -> str:
    """Run a command and return what it says; skip the test where that cannot be done."""
    try:
        done = subprocess.run(  # noqa: S603  the tests' own commands
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{reason}: {error}")
    if done.returncode:
        pytest.skip(f"{reason}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give one folder to all workers, to one after another."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "clients"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield shared


@pytest.fixture(scope="session")
def jsforce(folder: Path) -> Path:
    """Install jsforce; return the folder that holds it."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    version = re.match(r"v(\d+)", _quietly(["node", "--version"], "Node.js does not run"))
    node = int(version[1]) if version else 0
    package = next((name for least, name in JSFORCE.items() if node >= least), None)
    if package is None:
        pytest.skip(f"jsforce needs Node.js 18; this is {node}")
    home = folder / "jsforce"
    if not (home / "node_modules").exists():
        home.mkdir(exist_ok=True)
        flags = ("--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
        command = ("npm", "install", "--prefix", home, *flags, package)
        _quietly(command, f"npm cannot install {package}")
    return home


@pytest.fixture(scope="session")
def braze_mcp(folder: Path) -> Path:
    """Install Braze's own client in an environment of its own; return its program."""
    home = folder / "braze-mcp"
    program = home / "bin" / "braze-mcp-server"
    if not program.exists():
        python = _python()
        if python is None:
            pytest.skip("braze-mcp-server needs Python 3.12, which is not installed")
        _quietly([python, "-m", "venv", home], f"{python} cannot make an environment")
        install = (home / "bin" / "python", "-m", "pip", "install", "--quiet", *BRAZE_MCP)
        _quietly(install, f"pip cannot install {BRAZE_MCP[0]}")
    return program


def _python() -> str | None:
    """Find a Python of at least 3.12: this one, one on the path, or one that pyenv keeps."""
    found = [shutil.which(f"python3.{minor}") for minor in (14, 13, 12)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    kept = [str(path) for path in sorted(pyenv.glob("3.1[2-9]*/bin/python3"))]
    for python in (sys.executable, *filter(None, found), *kept):
        check = [python, "-c", "import json, sys, venv; print(json.dumps(sys.version_info[:2]))"]
        done = subprocess.run(check, capture_output=True, text=True, check=False)  # noqa: S603  our own
        if not done.returncode and json.loads(done.stdout) >= [3, 12]:
            return python
    return None


@pytest.fixture(scope="module")
def running() -> Iterator[Outside]:
    with opened(scenario=True) as outside:
        yield outside


@pytest.fixture
def outside(running: Outside) -> Outside:
    running.control("POST", "/reset")
    return running
