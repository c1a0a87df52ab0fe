"""Everything that a check finds in a set of mapping files, in reading order."""

from collections.abc import Collection

from connector.domain.findings import Code, Finding, in_reading_order
from connector.mapping.lint import lint
from connector.mapping.load import Reading
from connector.mapping.lookup import Outside, look_up


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
    return sorted(found, key=in_reading_order)
