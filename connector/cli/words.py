"""What every verb's definition needs: shared options, and the one way to call a verb."""

import errno
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli import streams
from connector.domain.text import clean
from connector.errors import ConfigError, ConnectorError


@dataclass(frozen=True, slots=True)
class Common:
    """The options that stand before every verb."""

    config: Path
    debug: bool


_OTHER_BYTE = re.compile("[\udc80-\udcff]")  # as Python keeps a byte that is not UTF-8
# What they do is their work, and their exit code tells of that, not of what they print about it.
WORKING = frozenset({"run", "sandbox", "web", "webhook"})
_THE_DISK_S = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # else a path was mistyped


def _said(reason: str) -> str:
    if not any(char.isprintable() and not char.isspace() for char in reason):
        raise typer.BadParameter("say why; it is kept with the event")
    return reason.strip()


LARGEST = 2**63 - 1  # what a ledger's column holds
Reason = Annotated[
    str, typer.Option("--reason", callback=_said, help="Why; it is kept with the event.")
]
Punchh = Annotated[str | None, typer.Argument(metavar="[punchh]", help="The word punchh.")]
SourceName = Annotated[str | None, typer.Option("--source", help="Only this source.")]
RuleName = Annotated[str | None, typer.Option("--rule", help="Only this rule.")]
RowId = Annotated[str, typer.Argument(metavar="ID", help="An id from `ledger list`.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def examples(*calls: str) -> str:
    """Return the end of a verb's help: how it is called, a line each."""
    return "\n".join(["\b", "Examples:", *(f"  connector {one}" for one in calls)])


def call(context: typer.Context, verb: str, *args: Any, **options: Any) -> None:
    """Import a verb, run it, and turn its errors into one line each and an exit code."""
    shared: Common = context.obj
    try:
        _refuse_other_bytes(context)
        if verb in WORKING:
            streams.hand_on_each_line()
        run: Callable[..., int] = import_module(f"connector.cli.verbs.{verb}").run
        given = {name: _clean(value) for name, value in options.items()}
        code = run(shared.config, *map(_clean, args), **given)
    except ConnectorError as error:
        import_module("connector.cli.verbs.shared").warn_of(error)
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            import_module("connector.cli.verbs.shared").warn(f"{error.filename}: {error.strerror}")
            raise typer.Exit(1 if error.errno in _THE_DISK_S else 2) from None
        if shared.debug:
            raise
        told = f"connector: a fault of the connector itself ({type(error).__name__})"
        typer.echo(f"{told}; run it with --debug before the verb to see where", err=True)
        code = 1
    if verb in WORKING:
        streams.report()
    raise typer.Exit(code)


def _refuse_other_bytes(context: typer.Context) -> None:
    """ConfigError for arguments that a terminal sent in another encoding than UTF-8."""
    wrong = []
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        values = value if isinstance(value, list | tuple) else [value]
        texts = (str(one) for one in values if isinstance(one, str | Path))
        if any(map(_OTHER_BYTE.search, texts)):
            option = parameter.opts[0].startswith("-")
            named = parameter.opts[0] if option else str(parameter.name).upper()
            wrong.append(f"{named}: is not UTF-8 text: set the terminal to UTF-8 and type it again")
    if wrong:
        raise ConfigError(wrong)


def _clean(value: Any) -> Any:
    """Clean the text of an argument as all text from outside is cleaned."""
    match value:
        case str():
            return clean(value)
        case list():
            return [_clean(item) for item in value]
        case _:
            return value
