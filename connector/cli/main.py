"""The command line and its verbs outside the groups. Importing it loads no client or database."""

import io
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from connector import __version__
from connector.cli.ledger import ledger
from connector.cli.mappings import mappings
from connector.cli.web import web
from connector.cli.words import Common, Json, Punchh, Reason, RuleName, SourceName, call

app = typer.Typer(
    name="connector",
    help="Puts Punchh offers into guests' accounts before the Braze or Salesforce message.",
    epilog="New here? `connector demo` shows it all in a few seconds, on this machine alone.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(mappings, name="mappings")
app.add_typer(ledger, name="ledger")
app.add_typer(web, name="web")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"connector {__version__}")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Option("--config", envvar="CONNECTOR_CONFIG", help="The configuration file."),
    ] = Path("config/connector.toml"),
    debug: Annotated[bool, typer.Option("--debug", help="Show where a fault happened.")] = False,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Common(config, debug)


@app.command()
def demo(context: typer.Context) -> None:
    """Show the connector at work on this machine alone, and end by itself."""
    call(context, "demo")


@app.command()
def sandbox(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The control API's port; the others follow.")] = 8800,
) -> None:
    """Serve simulators of Braze, Salesforce and Punchh on 127.0.0.1."""
    call(context, "sandbox", port=port)


@app.command()
def init(context: typer.Context) -> None:
    """Create the ledger, in rehearsal; and a commented config and mapping where missing."""
    call(context, "init")


@app.command()
def live(
    context: typer.Context,
    nothing_given_yet: Annotated[
        bool,
        typer.Option(
            "--nothing-given-yet",
            help="Nobody gave any coming offer by other means: commit also what is already due.",
        ),
    ] = False,
) -> None:
    """End the rehearsal: from now on `run` commits in Punchh."""
    call(context, "live", nothing_given_yet=nothing_given_yet)


@app.command()
def rehearse(context: typer.Context) -> None:
    """Go back to rehearsal: plan and record, and post nothing."""
    call(context, "rehearse")


@app.command()
def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do a single cycle.")] = False,
) -> None:
    """Work: poll, plan, record, and commit what is due, until told to stop."""
    call(context, "run", once=once)


@app.command()
def plan(
    context: typer.Context,
    json: Json = False,
    form: Annotated[str, typer.Option("--format", help="table, markdown or json.")] = "table",
    at: Annotated[
        str | None,
        typer.Option(
            help="Plan as of this time: 2026-12-24T09:00 in the business's zone, or with a zone."
        ),
    ] = None,
) -> None:
    """Show what would be committed, when, and why not the rest. Nothing is posted or written."""
    call(context, "plan", form="json" if json else form, at=at)


@app.command()
def explain(
    context: typer.Context,
    send: Annotated[str, typer.Argument(help="A send's name or id, or an id of the ledger.")],
) -> None:
    """Show every rule tried on a send, and why it did or did not match."""
    call(context, "explain", send)


@app.command()
def pause(
    context: typer.Context,
    reason: Reason,
    punchh: Punchh = None,
    source: SourceName = None,
    rule: RuleName = None,
    until: Annotated[
        str | None,
        typer.Option(help="When it ends by itself: 2h, 1d, or a time as in `plan --at`."),
    ] = None,
) -> None:
    """Stop committing: everything, one source, one rule, or what goes to punchh."""
    call(context, "pause", punchh, source=source, rule=rule, reason=reason, until=until)


@app.command()
def resume(
    context: typer.Context,
    reason: Reason,
    punchh: Punchh = None,
    source: SourceName = None,
    rule: RuleName = None,
) -> None:
    """End such a pause; of a source or punchh, also ask it again and believe its lists."""
    call(context, "resume", punchh, source=source, rule=rule, reason=reason)


@app.command()
def status(context: typer.Context, json: Json = False) -> None:
    """Show rehearsal or live, the remotes, counts by state, and what wants a person."""
    call(context, "status", json=json)


@app.command()
def adopt(context: typer.Context, reason: Reason) -> None:
    """Take the configured hosts and accounts for the ledger's own: it knew others."""
    call(context, "adopt", reason=reason)


def _usage(error: Any) -> int:
    told: str = error.format_message()
    if "\n" not in told:  # else it is the help of a group that was called without a verb
        path = error.ctx.command_path if error.ctx else "connector"
        told = f"connector: {told[:1].lower()}{told[1:].rstrip('.')}; see `{path} --help`"
    typer.echo(told, err=True)
    return 2


def main() -> None:
    """Run the command line; a wrong command is told in one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a letter is no fault
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(prog_name="connector", standalone_mode=False)
    except typer.TyperException as error:
        code = _usage(error)
    sys.exit(code)
