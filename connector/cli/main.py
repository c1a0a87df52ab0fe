"""Every verb's name, options and help. Importing this loads no client, database or model."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from connector import __version__
from connector.errors import ConnectorError

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
mappings = typer.Typer(no_args_is_help=True, help="Check and describe the mapping files.")
ledger = typer.Typer(no_args_is_help=True, help="Read the ledger, and say a person's word.")
app.add_typer(mappings, name="mappings")
app.add_typer(ledger, name="ledger")


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
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


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


def call(context: typer.Context, verb: str, *args: Any, **options: Any) -> None:
    """Import a verb, run it, and turn its errors into one line each and an exit code."""
    shared: Common = context.obj
    try:
        run: Callable[..., int] = import_module(f"connector.cli.verbs.{verb}").run
        code = run(shared.config, *args, **options)
    except ConnectorError as error:
        typer.echo("\n".join(f"connector: {line}" for line in str(error).splitlines()), err=True)
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
    at: Annotated[str | None, typer.Option(help="Plan as of this instant (ISO-8601).")] = None,
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
        str | None, typer.Option(help="When it ends by itself: an instant (ISO-8601), or 2h, 1d.")
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


@mappings.command("check")
def mappings_check(
    context: typer.Context,
    live: Annotated[
        bool, typer.Option("--live", help="Also look the names up in Punchh and the sources.")
    ] = False,
) -> None:
    """Find everything that is wrong with the mapping files, at once."""
    call(context, "mappings_check", live=live)


@mappings.command("schema")
def mappings_schema(context: typer.Context) -> None:
    """Print the JSON Schema of mapping files, for editors."""
    call(context, "mappings_schema")


@app.command()
def adopt(context: typer.Context, reason: Reason) -> None:
    """Take the configured hosts and accounts for the ledger's own: it knew others."""
    call(context, "adopt", reason=reason)


@ledger.command("list")
def ledger_list(
    context: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only rows in this state.")] = None,
    json: Json = False,
) -> None:
    """List the ledger: every offer and every send without one, with state and reason."""
    call(context, "ledger_list", state=state, as_json=json)


@ledger.command("show")
def ledger_show(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID", help="An id from `ledger list`.")],
) -> None:
    """Show one row whole: the send, the offer, the instants, the attempts, the events."""
    call(context, "ledger_show", id)


@ledger.command("events")
def ledger_events(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=LARGEST, help="So many, the latest last.")] = 50,
    json: Json = False,
) -> None:
    """Show the ledger's history."""
    call(context, "ledger_events", limit=limit, as_json=json)


@ledger.command("approve")
def ledger_approve(
    context: typer.Context,
    reason: Reason,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    held_by: Annotated[
        str | None, typer.Option(help="All that are held for this, such as `cap`.")
    ] = None,
) -> None:
    """Approve what is held, as it stands now."""
    call(context, "ledger_approve", ids or [], held_by=held_by, reason=reason)


@ledger.command("resolve")
def ledger_resolve(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID")],
    reason: Reason,
    committed: Annotated[
        int | None,
        typer.Option(
            metavar="CAMPAIGN_ID", min=1, max=LARGEST, help="It exists in Punchh: its id."
        ),
    ] = None,
    not_committed: Annotated[
        bool, typer.Option("--not-committed", help="It surely does not exist in Punchh.")
    ] = False,
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Leave it: it is not tried again.")
    ] = False,
) -> None:
    """Say what became of an attempt whose outcome is unknown."""
    call(
        context,
        "ledger_resolve",
        id,
        committed=committed,
        not_committed=not_committed,
        abandon=abandon,
        reason=reason,
    )


@ledger.command("retry")
def ledger_retry(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID")],
    reason: Reason,
    although_it_may_exist: Annotated[
        bool,
        typer.Option("--although-it-may-exist", help="Also one that was given up (`--abandon`)."),
    ] = False,
) -> None:
    """Let a rejected offer be tried again, after its cause was mended."""
    call(context, "ledger_retry", id, reason=reason, although_it_may_exist=although_it_may_exist)


@ledger.command("ack")
def ledger_ack(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID")],
    reason: Reason,
) -> None:
    """Take note of what a row wants a person for: it is open no more until that changes."""
    call(context, "ledger_ack", id, reason=reason)


@ledger.command("recommit")
def ledger_recommit(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID")],
    reason: Reason,
    cancelled_in_punchh: Annotated[
        bool, typer.Option("--cancelled-in-punchh", help="You cancelled its campaign there.")
    ] = False,
) -> None:
    """Have a committed offer made again for the time to which its send moved."""
    call(context, "ledger_recommit", id, cancelled_in_punchh=cancelled_in_punchh, reason=reason)


@ledger.command("verify")
def ledger_verify(context: typer.Context) -> None:
    """Find everything that is wrong with the ledger, without changing it."""
    call(context, "ledger_verify")


@ledger.command("backup")
def ledger_backup(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A new file.")],
) -> None:
    """Write a checked copy of the ledger, beside a running worker."""
    call(context, "ledger_backup", path)


@ledger.command("restore")
def ledger_restore(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A backup.")],
) -> None:
    """Put a backup in the ledger's place, in rehearsal; the former file is kept beside it."""
    call(context, "ledger_restore", path)


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
