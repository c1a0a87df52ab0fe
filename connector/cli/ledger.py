"""The verbs of `connector ledger`."""

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.words import LARGEST, Json, Reason, call

ledger = typer.Typer(no_args_is_help=True, help="Read the ledger, and say a person's word.")


@ledger.command("list")
def ledger_list(
    context: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only rows in this state.")] = None,
    json: Json = False,
) -> None:
    """List the ledger: every offer and every send without one, with state and reason."""
    call(context, "ledger_list", state=state, as_json=json)


@ledger.command("export")
def ledger_export(
    context: typer.Context,
    form: Annotated[str, typer.Option("--format", help="csv, json or ndjson.")] = "csv",
    state: Annotated[str | None, typer.Option(help="Only rows in this state.")] = None,
) -> None:
    """Write the ledger out for a spreadsheet or a script: the keys of `ledger list --json`."""
    call(context, "ledger_export", form=form, state=state)


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
