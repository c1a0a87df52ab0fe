"""The verbs of `connector mappings`."""

from typing import Annotated

import typer

from connector.cli.words import call

mappings = typer.Typer(no_args_is_help=True, help="Check and describe the mapping files.")


@mappings.command("check")
def mappings_check(
    context: typer.Context,
    live: Annotated[
        bool, typer.Option("--live", help="Also look the names up in Punchh and the sources.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", help="text, or github: marks on a pull request's lines.")
    ] = "text",
) -> None:
    """Find everything that is wrong with the mapping files, at once."""
    call(context, "mappings_check", live=live, form=form)


@mappings.command("schema")
def mappings_schema(context: typer.Context) -> None:
    """Print the JSON Schema of mapping files, for editors."""
    call(context, "mappings_schema")
