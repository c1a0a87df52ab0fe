"""The mapping files, and whether Punchh knows the names in them."""

from collections.abc import Iterator

from connector.app import read_mappings
from connector.domain.checkup import Check, fails, fine, warning
from connector.domain.findings import Severity
from connector.domain.offer import Catalog
from connector.errors import RemoteError
from connector.mapping.check import check
from connector.mapping.lookup import Outside
from connector.settings import Settings

OF_MAPPINGS = "mappings"


def names(settings: Settings, lists: Catalog | RemoteError | None) -> Iterator[Check]:
    """Check the files as `connector mappings check` does; without lists, names are not known.

    Notes are left to that verb.
    """
    reading = read_mappings(settings)
    outside = Outside(lists, whole=False) if isinstance(lists, Catalog) else None
    if isinstance(lists, RemoteError):
        yield warning(OF_MAPPINGS, "names", why=lists.reason)
    found = check(reading, settings.sources, outside)
    for one in found:
        if one.severity is Severity.ERROR:
            yield fails(OF_MAPPINGS, f"{one.code.value}/said", text=str(one))
        elif one.severity is Severity.WARNING:
            yield warning(OF_MAPPINGS, f"{one.code.value}/said", text=str(one))
    if reading.accepted is not None:
        key = "rules/known" if outside is not None else "rules"
        if not any(one.severity is Severity.ERROR for one in found):
            yield fine(OF_MAPPINGS, key, count=len(reading.accepted.rules))
