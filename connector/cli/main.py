"""The command line and its verbs outside the groups. Importing it loads no client or database."""

import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from connector import __version__
from connector.cli import streams
from connector.cli.alert import alert
from connector.cli.ledger import ledger
from connector.cli.mappings import mappings
from connector.cli.signals import Signals, ignore_from_now_on
from connector.cli.web import web
from connector.cli.words import Common, Json, Punchh, Reason, RuleName, SourceName, call, examples
from connector.clock import SystemClock
from connector.domain.text import printable

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
app.add_typer(alert, name="alert")
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
    """Show the connector at work on this machine, in a few seconds."""
    call(context, "demo")


@app.command(epilog=examples("sandbox", "sandbox --port 9900"))
def sandbox(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The control API's port; the others follow.")] = 8800,
) -> None:
    """Serve simulators of Braze, Salesforce and Punchh.

    They listen on 127.0.0.1, and the configuration for them is printed.
    """
    call(context, "sandbox", port=port)


@app.command(
    epilog=examples(
        "init",
        "--config /etc/connector/connector.toml init",
    )
)
def init(
    context: typer.Context,
    example_mappings: Annotated[
        bool,
        typer.Option(
            "--example-mappings",
            help="Write the example's rules also for a config of your own, if none are there.",
        ),
    ] = False,
) -> None:
    """Make the ledger, and if there is none, an example config.

    An example of mapping files comes with a config that it writes, and with no other.
    """
    call(context, "init", example_mappings=example_mappings)


@app.command(
    epilog=examples(
        "live",
        "live --nothing-given-yet",
    )
)
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


@app.command(
    epilog=examples(
        "run",
        "run --once",
    )
)
def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do a single cycle.")] = False,
) -> None:
    """Work: poll, plan, record, and commit what is due.

    It goes on until SIGTERM or Ctrl-C; SIGHUP takes changed mapping files at once.
    """
    clock = SystemClock()
    signals = Signals(clock.interrupt)  # before the verb is loaded, and anything is opened
    try:
        call(context, "run", clock, signals, once=once)
    finally:
        ignore_from_now_on()


@app.command(
    epilog=examples(
        "plan",
        "plan --at 2026-12-24T09:00",
        "plan --format markdown",
    )
)
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
    """Show what would be committed, when, and why not the rest.

    Nothing is posted or written.
    """
    call(context, "plan", form="json" if json else form, at=at)


@app.command(epilog=examples('explain "Friday Fries - Push"'))
def explain(
    context: typer.Context,
    send: Annotated[str, typer.Argument(help="A send's name or id, or an id of the ledger.")],
) -> None:
    """Show every rule tried on a send, and why it matched or not."""
    call(context, "explain", send)


@app.command(
    epilog=examples(
        'pause --reason "wrong fries"',
        'pause --rule friday-fries --until 2h --reason "menu changed"',
    )
)
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
    """Stop committing: everything, a source, a rule, or in punchh."""
    call(context, "pause", punchh, source=source, rule=rule, reason=reason, until=until)


@app.command(
    epilog=examples(
        'resume --reason "fries are right again"',
        'resume punchh --reason "the key was renewed"',
    )
)
def resume(
    context: typer.Context,
    reason: Reason,
    punchh: Punchh = None,
    source: SourceName = None,
    rule: RuleName = None,
) -> None:
    """End a pause; ask a remote again; believe its lists.

    Of a source or punchh, it also closes the breaker, and takes a loss in its lists as real.
    """
    call(context, "resume", punchh, source=source, rule=rule, reason=reason)


@app.command(epilog=examples("status", "status --json"))
def status(context: typer.Context, json: Json = False) -> None:
    """Show the mode, the remotes, the counts, and what wants a person."""
    call(context, "status", json=json)


@app.command(
    epilog=examples(
        "offers --canary vip --item Burger:1:9.98",
        "offers --canary vip --basket basket.yaml --json",
    )
)
def offers(
    context: typer.Context,
    canary: Annotated[str, typer.Option(help="A test guest under punchh.canaries.")],
    json: Json = False,
    basket: Annotated[
        Path | None, typer.Option(help="A file (YAML or JSON); else the canary's own.")
    ] = None,
    amount: Annotated[
        str | None, typer.Option(help="The check before taxes, such as 12.50.")
    ] = None,
    item: Annotated[
        list[str] | None,
        typer.Option(help="NAME:QUANTITY:AMOUNT of the line, such as Fries:2:5.98; repeatable."),
    ] = None,
    channel: Annotated[str | None, typer.Option(help="online_order or web.")] = None,
    store: Annotated[str | None, typer.Option(help="The store's number in Punchh.")] = None,
) -> None:
    """Show which Punchh offers a test guest could use on a basket now."""
    call(
        context,
        "offers",
        canary,
        json=json,
        basket=basket,
        amount=amount,
        items=item or [],
        channel=channel,
        store=store,
    )


@app.command(epilog=examples("webhook", "webhook --port 9443 --host 0.0.0.0"))
def webhook(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Instead of 8090.")] = None,
    host: Annotated[str | None, typer.Option(help="Instead of web.host (127.0.0.1).")] = None,
) -> None:
    """Receive Punchh's events in a process of their own.

    `connector web` receives them too. Apart from it, nothing that is done to the pages delays them.
    """
    call(context, "webhook", host=host, port=port)


@app.command(
    epilog=examples(
        "doctor",
        "doctor --send-test",
    )
)
def doctor(
    context: typer.Context,
    json: Json = False,
    send_test: Annotated[
        bool, typer.Option("--send-test", help="Also send a test message on every channel.")
    ] = False,
) -> None:
    """Try once everything that is needed, and say what to mend.

    Config, ledger, disk, clocks, keys and their rights, names, canaries, channels. Exits with 1 if
    one fails.
    """
    call(context, "doctor", json=json, send_test=send_test)


@app.command(epilog=examples('adopt --reason "moved to another Punchh server"'))
def adopt(context: typer.Context, reason: Reason) -> None:
    """Take the configured hosts and accounts for the ledger's own."""
    call(context, "adopt", reason=reason)


def _usage(error: Any) -> int:
    told: str = error.format_message()
    if "\n" not in told:  # else it is the help of a group that was called without a verb
        path = error.ctx.command_path if error.ctx else "connector"
        told = f"connector: {told[:1].lower()}{told[1:].rstrip('.')}; see `{path} --help`"
    typer.echo(printable(told), err=True)
    return 2


def _leave_no_core() -> None:
    """Write no core file, which would hold every key; `prlimit` brings them back for a while."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def main() -> None:
    """Run the command line; a wrong command is told in one line."""
    streams.guard()
    _leave_no_core()
    try:
        code = app(prog_name="connector", standalone_mode=False)
    except typer.TyperException as error:
        code = _usage(error)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    if streams.report():
        code = code or 1
    sys.exit(code)
