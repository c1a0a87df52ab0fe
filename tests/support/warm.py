"""The command line in forked children of a warm Python: the real entry, without its start-up.

`python -m tests.support.warm` reads an order a line and answers with the exit code, negative for a
signal. A child's output goes to files in its folder, so that nothing is lost when it is killed.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import TracebackType
from typing import Any, Self

from connector import points
from connector.cli import verbs
from connector.cli.main import main
from tests.support import breakings
from tests.support.console import ROOT, Done, clean_environment

VERBS = ("init", "live", "run")
ALL_VERBS = "all"
LONGEST = 60  # seconds that a child may take


class Warm:
    """The other end: a process that forks a child for every command."""

    def __init__(self, *, all_verbs: bool = False) -> None:
        more = [ALL_VERBS] if all_verbs else []
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter
            [sys.executable, "-m", __name__, *more],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        folder: Path,
        *words: str,
        variables: Mapping[str, str],
        breaking: str | None = None,
        out: str = "out",
        given: str = "",
    ) -> Done:
        """Run a command in a folder; `out` is where its standard output goes, `given` its input."""
        (folder / "in").write_text(given, "utf-8")
        assert self._process.stdin
        assert self._process.stdout
        order = {
            "folder": str(folder),
            "words": words,
            "variables": dict(variables),
            "breaking": breaking,
            "out": out,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        printed = (folder / "out").read_text("utf-8") if out == "out" else ""
        return Done(code, printed, (folder / "err").read_text("utf-8"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=LONGEST)  # the end of its input is its end


def _child(order: Any) -> None:
    """Become the command; never return."""
    code: object = 1
    signal.alarm(LONGEST)
    try:
        os.chdir(order["folder"])
        os.dup2(os.open("in", os.O_RDONLY), 0)
        for descriptor, name in ((1, order["out"]), (2, "err")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
        os.environ.clear()
        os.environ.update(order["variables"])
        points.arm(os.environ)
        if order["breaking"]:
            breakings.BREAKINGS[order["breaking"]]()
        sys.argv = ["connector", *order["words"]]
        main()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:  # noqa: BLE001  it must not go on as the parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def serve() -> None:
    every = [module.name for module in iter_modules(verbs.__path__)]
    for verb in every if ALL_VERBS in sys.argv[1:] else VERBS:
        import_module(f"connector.cli.verbs.{verb}")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _child(json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  the answer


if __name__ == "__main__":
    serve()
