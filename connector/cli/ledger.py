"""The verbs of `connector ledger`."""

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.words import LARGEST, Json, Reason, RowId, call, examples

ledger = typer.Typer(no_args_is_help=True, help="Read the ledger, and say a person's word.")


@ledger.command(
    "list",
    epilog=examples(
        "ledger list --state held",
        "ledger list --json",
    ),
)
def ledger_list(
    context: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only rows in this state.")] = None,
    json: Json = False,
) -> None:
    """List offers, and sends without one, with their state and reason."""
    call(context, "ledger_list", state=state, as_json=json)


@ledger.command(
    "export",
    epilog=examples(
        "ledger export > ledger.csv",
        "ledger export --no-bom > ledger.csv",
        "ledger export --format ndjson --state committed",
    ),
)
def ledger_export(
    context: typer.Context,
    form: Annotated[str, typer.Option("--format", help="csv, json or ndjson.")] = "csv",
    state: Annotated[str | None, typer.Option(help="Only rows in this state.")] = None,
    no_bom: Annotated[
        bool, typer.Option("--no-bom", help="CSV for a program: no mark of UTF-8 before it.")
    ] = False,
) -> None:
    """Write the ledger out for a spreadsheet or a script.

    Its columns are the keys of `ledger list --json`; CSV has the business's times beside them.
    """
    call(context, "ledger_export", form=form, state=state, bom=not no_bom)


@ledger.command(
    "show",
    epilog=examples(
        "ledger show w5lipebwa7",
    ),
)
def ledger_show(
    context: typer.Context,
    id: RowId,
) -> None:
    """Show one row whole: send, offer, instants, attempts, events."""
    call(context, "ledger_show", id)


@ledger.command(
    "events",
    epilog=examples(
        "ledger events --limit 200",
    ),
)
def ledger_events(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="So many, the latest last.")] = 50,
    json: Json = False,
) -> None:
    """Show the history: what happened, when, by whom and why."""
    call(context, "ledger_events", limit=limit, as_json=json)


@ledger.command(
    "approve",
    epilog=examples(
        'ledger approve w5lipebwa7 --reason "checked with marketing"',
        'ledger approve --held-by cap --reason "the big campaign"',
    ),
)
def ledger_approve(
    context: typer.Context,
    reason: Reason,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids from `ledger list`.")
    ] = None,
    held_by: Annotated[
        str | None, typer.Option(help="All that are held for this, such as `cap`.")
    ] = None,
) -> None:
    """Approve what is held, as it stands now."""
    call(context, "ledger_approve", ids or [], held_by=held_by, reason=reason)


@ledger.command(
    "resolve",
    epilog=examples(
        'ledger resolve w5lipebwa7 --committed 99511403 --reason "found under Campaigns"',
        'ledger resolve w5lipebwa7 --not-committed --reason "not there an hour after its start"',
    ),
)
def ledger_resolve(
    context: typer.Context,
    id: RowId,
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


@ledger.command(
    "retry",
    epilog=examples(
        'ledger retry w5lipebwa7 --reason "the redeemable is active again"',
    ),
)
def ledger_retry(
    context: typer.Context,
    id: RowId,
    reason: Reason,
    although_it_may_exist: Annotated[
        bool,
        typer.Option("--although-it-may-exist", help="Also one that was given up (`--abandon`)."),
    ] = False,
) -> None:
    """Let a rejected offer be tried again, after its cause was mended."""
    call(context, "ledger_retry", id, reason=reason, although_it_may_exist=although_it_may_exist)


@ledger.command(
    "ack",
    epilog=examples(
        'ledger ack w5lipebwa7 --reason "marketing knows"',
    ),
)
def ledger_ack(
    context: typer.Context,
    id: RowId,
    reason: Reason,
) -> None:
    """Take note of what a row wants: open no more until it changes."""
    call(context, "ledger_ack", id, reason=reason)


@ledger.command(
    "recommit",
    epilog=examples(
        'ledger recommit w5lipebwa7 --cancelled-in-punchh --reason "moved to Saturday"',
    ),
)
def ledger_recommit(
    context: typer.Context,
    id: RowId,
    reason: Reason,
    cancelled_in_punchh: Annotated[
        bool, typer.Option("--cancelled-in-punchh", help="You cancelled its campaign there.")
    ] = False,
) -> None:
    """Have an offer made again for the time to which its send moved."""
    call(context, "ledger_recommit", id, cancelled_in_punchh=cancelled_in_punchh, reason=reason)


@ledger.command("verify", epilog=examples("ledger verify", "ledger verify --head 1234:9f86d0…"))
def ledger_verify(
    context: typer.Context,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:DIGEST", help="The history's head as it was printed and noted earlier."
        ),
    ] = None,
) -> None:
    """Find everything that is wrong with the ledger; change nothing.

    It prints the history's head. Noted elsewhere, that shows later whether the history was
    rewritten, or lost its end.
    """
    call(context, "ledger_verify", head=head)


@ledger.command(
    "backup",
    epilog=examples(
        "ledger backup /backup/ledger-2026-11-22.db",
    ),
)
def ledger_backup(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A new file.")],
) -> None:
    """Write a checked copy of the ledger, beside a running worker."""
    call(context, "ledger_backup", path)


@ledger.command(
    "restore",
    epilog=examples(
        "ledger restore /backup/ledger-2026-11-22.db",
    ),
)
def ledger_restore(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A backup.")],
) -> None:
    """Put a backup in the ledger's place, in rehearsal.

    No worker may run; the former file is kept beside it.
    """
    call(context, "ledger_restore", path)
