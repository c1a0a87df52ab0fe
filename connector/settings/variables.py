"""Environment variables that begin with our prefix: which are settings, and which are not ours.

Kubernetes injects variables for each Service of a namespace into its containers. Those of a
Service called `connector` or `connector-…` begin with our prefix.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from ipaddress import ip_address

from connector.domain.names import nearest

PREFIX = "CONNECTOR_"
CONFIG = f"{PREFIX}CONFIG"

# The variables to be read: those handed to `load`, not those of the process.
read: ContextVar[Mapping[str, str]] = ContextVar("read")


def _is_address(text: str) -> bool:
    try:
        return ip_address(text) is not None
    except ValueError:
        return False


_PORT = re.compile(r"\d{1,5}", re.ASCII)
_PROTOCOL = re.compile(r"tcp|udp|sctp")
_ENDPOINT = re.compile(r"(?:tcp|udp|sctp)://(?:\[([0-9a-f:.]+)\]|([0-9.]+)):\d{1,5}", re.ASCII)


def _is_endpoint(text: str) -> bool:
    parts = _ENDPOINT.fullmatch(text)
    return parts is not None and _is_address(parts[1] or parts[2])


# What Kubernetes injects for a Service (kubelet's envvars, in the form of Docker's old links).
_WORDS = r"[A-Z0-9]+(?:_[A-Z0-9]+)*"
_SERVICE: Mapping[str, Callable[[str], object]] = {
    "SERVICE_HOST": _is_address,
    "SERVICE_PORT": _PORT.fullmatch,
    f"SERVICE_PORT_{_WORDS}": _PORT.fullmatch,
    "PORT": _is_endpoint,
    r"PORT_\d{1,5}_(?:TCP|UDP|SCTP)": _is_endpoint,
    r"PORT_\d{1,5}_(?:TCP|UDP|SCTP)_PROTO": _PROTOCOL.fullmatch,
    r"PORT_\d{1,5}_(?:TCP|UDP|SCTP)_PORT": _PORT.fullmatch,
    r"PORT_\d{1,5}_(?:TCP|UDP|SCTP)_ADDR": _is_address,
}
_SHAPES = tuple(
    (re.compile(f"{PREFIX}(?:{_WORDS}_)?{shape}", re.ASCII), fits)
    for shape, fits in _SERVICE.items()
)


def ours(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with our prefix that are meant as settings, right or wrong."""
    return {
        name: value
        for name, value in environment.items()
        if name.upper().startswith(PREFIX)
        and name.upper() != CONFIG
        and not any(form.fullmatch(name) and fits(value) for form, fits in _SHAPES)
    }


def unquoted(value: str) -> str:
    """Return a value without the quotes that `docker --env-file` and its like leave around it."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] in "\"'" else value


def problems(variables: Mapping[str, str], tables: Iterable[str]) -> list[str]:
    """Return a line for each variable that names no table, or whose value is in quotes."""
    known = {table.upper() for table in tables}
    lines = []
    for name, value in sorted(variables.items()):
        parts = name.upper().removeprefix(PREFIX).split("__")
        if parts[0] not in known:
            lines.append(f"{name}: no setting is named so{_meant(parts, known)}")
        elif unquoted(value) != value:
            lines.append(f"{name}: the quotes around it are read as part of it: remove them")
    return lines


def _meant(parts: Sequence[str], known: Iterable[str]) -> str:
    candidates = {*known, "CONFIG"} if len(parts) == 1 else known
    near = nearest(parts[0], candidates, 1)
    if near:
        return f"; did you mean {PREFIX}{'__'.join((*near, *parts[1:]))}?"
    return f": they are like {PREFIX}PUNCHH__ADMIN_KEY"
