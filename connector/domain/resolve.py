"""From the names that rules and sends use to Punchh's ids: exactly one, or why not.

A row of Punchh's lists that could not be read may be meant by its name, and by any name where its
own could not be read. So a name is one item's only where no such row may bear it too, and nobody's
only where the list was read whole. An id is one item's in any case.
"""

from collections.abc import Sequence

from connector.domain import reasons
from connector.domain.names import normalise
from connector.domain.offer import Catalog, Redeemable, Segment, UnreadRow
from connector.domain.reasons import Reason
from connector.domain.rules import RedeemableUuid, SegmentId


def shown(wanted: str | SegmentId | RedeemableUuid | None) -> str | None:
    """Spell what was asked for as people read it."""
    match wanted:
        case SegmentId(id=number):
            return f"id:{number}"
        case RedeemableUuid(uuid=uuid):
            return f"uuid:{uuid}"
        case text:
            return text


def segments(wanted: str | SegmentId, catalog: Catalog) -> tuple[Segment, ...]:
    """Return every segment that is meant by a name or an id."""
    if isinstance(wanted, SegmentId):
        return catalog.by_segment_id.get(wanted.id, ())
    return catalog.segments_named(wanted)


def redeemables(wanted: str | RedeemableUuid, catalog: Catalog) -> tuple[Redeemable, ...]:
    """Return every redeemable that is meant by a name or a uuid."""
    if isinstance(wanted, RedeemableUuid):
        return catalog.by_redeemable_uuid.get(wanted.uuid, ())
    return catalog.redeemables_named(wanted)


def unread_segments(wanted: str | SegmentId, catalog: Catalog) -> tuple[UnreadRow, ...]:
    """Return the unread rows that may be meant as well."""
    return _doubtful(wanted, segments(wanted, catalog), catalog.unread_segments)


def unread_redeemables(wanted: str | RedeemableUuid, catalog: Catalog) -> tuple[UnreadRow, ...]:
    """Return the unread rows that may be meant as well."""
    return _doubtful(wanted, redeemables(wanted, catalog), catalog.unread_redeemables)


def _doubtful(
    wanted: str | SegmentId | RedeemableUuid,
    found: Sequence[Segment | Redeemable],
    unread: tuple[UnreadRow, ...],
) -> tuple[UnreadRow, ...]:
    if not isinstance(wanted, str):
        return () if found else unread
    name = normalise(wanted)
    return tuple(row for row in unread if row.name is None or normalise(row.name) == name)


def segment(
    wanted: str | SegmentId | None, catalog: Catalog
) -> tuple[Segment | None, Reason | None]:
    """Return the one segment asked for, or the reason why there is none."""
    if wanted is None:
        return None, reasons.no_audience()
    unread, text = unread_segments(wanted, catalog), shown(wanted) or ""
    match segments(wanted, catalog):
        case (_,) | () if unread:
            return None, reasons.unread_rows("segment", text, [row.shown for row in unread])
        case (one,):
            return one, None
        case ():
            near = [name for name, _ in catalog.segment_names.ranked(text)]
            return None, reasons.no_such("segment", text, near)
        case several:
            ids = [str(one.segment_id) for one in several]
            return None, reasons.several_such("segment", several[0].name, ids)


def redeemable(
    wanted: str | RedeemableUuid, catalog: Catalog
) -> tuple[Redeemable | None, Reason | None]:
    """Return the one redeemable asked for, or the reason why there is none."""
    unread, text = unread_redeemables(wanted, catalog), shown(wanted) or ""
    match redeemables(wanted, catalog):
        case (_,) | () if unread:
            return None, reasons.unread_rows("redeemable", text, [row.shown for row in unread])
        case (one,):
            return one, None
        case ():
            near = [name for name, _ in catalog.redeemable_names.ranked(text)]
            return None, reasons.no_such("redeemable", text, near)
        case several:
            ids = [one.redeemable_uuid for one in several]
            return None, reasons.several_such("redeemable", several[0].name, ids)
