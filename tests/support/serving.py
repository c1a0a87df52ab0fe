"""`connector web` and `connector webhook` as processes of their own."""

import re
import subprocess

from tests.support.console import Running, Shop, script, until


def started(shop: Shop, *words: str) -> tuple[Running, str]:
    """Start one of them on a port of the kernel's choice, and return its address."""
    number = len(shop.running)
    out, log = (shop.folder / f"served-{number}.{name}" for name in ("out", "err"))
    with out.open("w") as stream, log.open("w") as errors:
        process = subprocess.Popen(  # noqa: S603  our own script
            [script(), *words, "--port", "0"],
            cwd=shop.folder,
            env=shop.environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=errors,
            text=True,
        )
    shop.running.append(process)
    until(lambda: " on http" in out.read_text() or process.poll() is not None)
    found = re.search(r" on (http://\S+)", out.read_text())
    assert found, log.read_text()
    return Running(process, log), found[1]
