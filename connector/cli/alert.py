"""The verbs of `connector alert`."""

from typing import Annotated

import typer

from connector.cli.words import call

alert = typer.Typer(no_args_is_help=True, help="The channels on which people are told.")


@alert.command("test")
def alert_test(
    context: typer.Context,
    channel: Annotated[str | None, typer.Option(help="Only this one of [alerts.channels].")] = None,
) -> None:
    """Send a harmless message on every channel, and say which of them took it."""
    call(context, "alert_test", channel=channel)
