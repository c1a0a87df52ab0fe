"""The mapping files as they are, with what is wrong beside the lines and what each rule claims."""

from connector.domain.browsing import Claims
from connector.web.guard import Ask, Draft

CLAIMS = 6


def mappings(ask: Ask) -> Draft:
    """Show the files."""
    ledger, files = ask.ledger, ask.site.files()
    return ask.page(
        "mappings.html",
        folder=ask.site.settings.mappings.path,
        files=files.listing.files,
        loose=files.listing.loose,
        accepted=(accepted := ledger.last_mappings()),
        in_force=accepted is not None and accepted.digest == files.digest,
        broken=files.book is None,
        rules=len(files.book.rules) if files.book else 0,
        claims=ledger.claims(CLAIMS),
        unclaimed=Claims(0),
    )
