"""The verbs of `connector alert`."""

from typing import Annotated

import typer

from connector.cli.words import call, examples

alert = typer.Typer(no_args_is_help=True, help="The channels on which people are told.")


@alert.command("test", epilog=examples("alert test", "alert test --channel slack"))
def alert_test(
    context: typer.Context,
    channel: Annotated[str | None, typer.Option(help="Only this one of [alerts.channels].")] = None,
) -> None:
    """Send a harmless message on every channel."""
    call(context, "alert_test", channel=channel)
