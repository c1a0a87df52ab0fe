"""What every verb's definition needs: shared options, and the one way to call a verb."""

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


LARGEST = 2**63 - 1  # what a ledger's column holds
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept with the event.")]
Punchh = Annotated[str | None, typer.Argument(metavar="[punchh]", help="The word punchh.")]
SourceName = Annotated[str | None, typer.Option("--source", help="Only this source.")]
RuleName = Annotated[str | None, typer.Option("--rule", help="Only this rule.")]
RowId = Annotated[str, typer.Argument(metavar="ID", help="An id from `ledger list`.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def examples(*calls: str) -> str:
    """Return the end of a verb's help: how it is called, a line each."""
    return "\n".join(["\b", "Examples:", *(f"  connector {one}" for one in calls)])


def _lines(error: ConnectorError, config: Path) -> list[str]:
    """Return what an error tells, with its instants in the business's zone."""
    if error.reason is None:
        return str(error).splitlines()
    told: Callable[[ConnectorError, Path], str] = import_module("connector.cli.verbs.shared").told
    return told(error, config).splitlines()


def call(context: typer.Context, verb: str, *args: Any, **options: Any) -> None:
    """Import a verb, run it, and turn its errors into one line each and an exit code."""
    shared: Common = context.obj
    try:
        run: Callable[..., int] = import_module(f"connector.cli.verbs.{verb}").run
        code = run(shared.config, *args, **options)
    except ConnectorError as error:
        typer.echo(
            "\n".join(f"connector: {line}" for line in _lines(error, shared.config)), err=True
        )
        code = error.exit_code
    except UnicodeEncodeError:
        typer.echo("connector: an argument is not text", err=True)
        code = 2
    except BrokenPipeError:
        code = 1
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if shared.debug:
            raise
        told = f"connector: a fault of the connector itself ({type(error).__name__})"
        typer.echo(f"{told}; run it with --debug before the verb to see where", err=True)
        code = 1
    raise typer.Exit(code)
