"""`connector web`, and the verb that makes what it keeps of a password."""

from typing import Annotated

import typer

from connector.cli.words import call

web = typer.Typer(invoke_without_command=True)


@web.callback()
def serve(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Instead of web.port (8080).")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Instead of web.host (127.0.0.1).")] = None,
) -> None:
    """Serve the pages for admins, beside a running worker."""
    if context.invoked_subcommand is None:
        call(context, "web", host=host, port=port)


@web.command("hash-password")
def web_hash_password(context: typer.Context) -> None:
    """Ask for a password, and print what the configuration keeps of it.

    Without a terminal, a line of standard input is read.
    """
    call(context, "web_hash_password")
