"""What every verb's definition needs: shared options, and the one way to call a verb."""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.errors import ConnectorError


@dataclass(frozen=True, slots=True)
class Common:
    """The options that stand before every verb."""

    config: Path
    debug: bool


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
        run: Callable[..., int] = import_module(f"connector.cli.verbs.{verb}").run
        code = run(shared.config, *args, **options)
    except ConnectorError as error:
        import_module("connector.cli.verbs.shared").warn(str(error))
        code = error.exit_code
    except UnicodeEncodeError:
        typer.echo("connector: an argument is not text", err=True)
        code = 2
    except BrokenPipeError:
        code = 1
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
    raise typer.Exit(code)
