"""The real nginx, with the configuration that the handbook gives."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.console import ROOT, until

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
ADDRESS = "127.0.0.77"  # where it comes from: not where its visitors do
_MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 128; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {server}
}}
"""


def needed() -> None:
    """Skip a test where there is no nginx, unless NGINX_TESTS says that it must be there."""
    if NGINX is None and os.environ.get("NGINX_TESTS") == "required":
        pytest.fail("nginx is not installed, and NGINX_TESTS says that it must be")
    if NGINX is None:
        pytest.skip("nginx is not installed: apt-get install nginx")


def snippet(language: str) -> str:
    """Return what the handbook says to write into a proxy's configuration."""
    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
        return port


@contextmanager
def proxied(folder: Path, port: int, *, tls: int, plain: int, certificate: Path) -> Iterator[None]:
    """Run nginx before the pages at a port, as the handbook says, on ports that are free."""
    server = snippet("nginx")
    for before, after in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{tls} ssl; proxy_bind {ADDRESS};"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("/etc/ssl/connector.pem", str(certificate)),
        ("/etc/ssl/connector.key", str(certificate)),
        ("http://127.0.0.1:8080", f"http://127.0.0.1:{port}"),
    ):
        assert server.count(before) == 1, before
        server = server.replace(before, after)
    user = "user root;" if os.getuid() == 0 else ""  # else its workers cannot write here
    config = folder / "nginx.conf"
    config.write_text(_MAIN.format(user=user, folder=folder, server=server), encoding="utf-8")
    with (folder / "nginx.out").open("w") as out:
        process = subprocess.Popen(  # noqa: S603  the system's own program
            [str(NGINX), "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: process.poll() is not None or _listens(tls))
        assert process.poll() is None, (folder / "nginx.out").read_text()
        yield
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
