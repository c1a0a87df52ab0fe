"""The verbs of `connector mappings`."""

from typing import Annotated

import typer

from connector.cli.words import Json, call, examples

mappings = typer.Typer(
    no_args_is_help=True, help="Check and describe the mapping files, compare and extend them."
)


@mappings.command("check", epilog=examples("mappings check", "mappings check --live"))
def mappings_check(
    context: typer.Context,
    live: Annotated[
        bool, typer.Option("--live", help="Also look the names up in Punchh and the sources.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", help="text, or github: marks on a pull request's lines.")
    ] = "text",
) -> None:
    """Find everything that is wrong with the mapping files, at once.

    Exits with 2 if they cannot be used as they are; with 1 if a remote could not be read.
    """
    call(context, "mappings_check", live=live, form=form)


@mappings.command(
    "diff",
    epilog=examples(
        "mappings diff HEAD",
        "mappings diff main --format markdown",
        "mappings diff ../other/mappings",
    ),
)
def mappings_diff(
    context: typer.Context,
    against: Annotated[
        str,
        typer.Argument(
            metavar="REV|PATH",
            help="A git revision such as main or HEAD~1, or else another folder or file.",
        ),
    ],
    json: Json = False,
    form: Annotated[str, typer.Option("--format", help="table, markdown or json.")] = "table",
) -> None:
    """Show how scheduled sends would change, against other files.

    Both are planned from one look at the sources. Nothing is posted or written.
    """
    call(context, "mappings_diff", against, form="json" if json else form)


@mappings.command(
    "suggest", epilog=examples("mappings suggest", "mappings suggest > suggested.yaml")
)
def mappings_suggest(context: typer.Context) -> None:
    """Write rules to paste for the scheduled sends that no rule claims.

    What comes near in Punchh stands in comments: none of them gives an offer before you choose.
    """
    call(context, "mappings_suggest")


@mappings.command("schema", epilog=examples("mappings schema > mappings/mapping.schema.json"))
def mappings_schema(context: typer.Context) -> None:
    """Print the JSON Schema of mapping files, for editors."""
    call(context, "mappings_schema")
