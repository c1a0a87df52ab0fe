"""Everything that a check finds in a set of mapping files, in reading order."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from connector.domain.findings import Code, Finding, Severity, in_reading_order
from connector.mapping.lint import lint
from connector.mapping.load import Reading
from connector.mapping.lookup import Outside, look_up

MOST = 500  # findings that a page or a terminal shows


def check(
    reading: Reading, sources: Collection[str], outside: Outside | None = None
) -> list[Finding]:
    """Return what the loader refuses, what is hardly meant, and what the remotes do not know.

    `sources` are the configured names; `outside` is what the remotes hold, None if not asked.
    """
    found = [*reading.findings, *reading.passed_over, *lint(reading.files, sources)]
    found += look_up(reading, outside) if outside is not None else ()
    shadowed = {one.where for one in found if one.code is Code.SHADOWED}
    found = [one for one in found if one.code is not Code.IDLE or one.where not in shadowed]
    return sorted(_gravest(found), key=in_reading_order)


def _gravest(found: Sequence[Finding]) -> list[Finding]:
    """Return the gravest of very many findings, and one that says how many more there are."""
    order = list(Severity)
    ranked = sorted(found, key=lambda one: (order.index(one.severity), in_reading_order(one)))
    kept, rest = ranked[:MOST], ranked[MOST:]
    if rest:
        message = f"{len(rest):,} more findings are not shown"
        fix = "correct the others first, and check again"
        kept.append(replace(rest[0], code=Code.FILE, message=message, fix=fix, quote=""))
    return kept
