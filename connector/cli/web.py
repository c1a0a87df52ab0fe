"""`connector web`, and the verb that makes what it keeps of a password."""

from typing import Annotated

import typer

from connector.cli.words import call, examples

web = typer.Typer(
    invoke_without_command=True, epilog=examples("web", "web --port 8081", "web hash-password")
)


@web.callback()
def serve(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Instead of web.port (8080).")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Instead of web.host (127.0.0.1).")] = None,
) -> None:
    """Serve the pages for admins, beside a running worker.

    On 127.0.0.1 unless told otherwise, until SIGTERM or Ctrl-C. SIGHUP reads [web] again at once.
    """
    if context.invoked_subcommand is None:
        call(context, "web", host=host, port=port)


@web.command("hash-password")
def web_hash_password(context: typer.Context) -> None:
    """Ask for a password, and print what to write for it.

    Without a terminal, a line of standard input is read.
    """
    call(context, "web_hash_password")
