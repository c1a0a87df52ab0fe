"""From the names that rules and sends use to Punchh's ids: exactly one, or why not."""

from connector.domain import reasons
from connector.domain.names import nearest
from connector.domain.offer import Catalog, Redeemable, Segment
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
        return tuple(one for one in catalog.segments if one.segment_id == wanted.id)
    return catalog.segments_named(wanted)


def redeemables(wanted: str | RedeemableUuid, catalog: Catalog) -> tuple[Redeemable, ...]:
    """Return every redeemable that is meant by a name or a uuid."""
    if isinstance(wanted, RedeemableUuid):
        return tuple(one for one in catalog.redeemables if one.redeemable_uuid == wanted.uuid)
    return catalog.redeemables_named(wanted)


def segment(
    wanted: str | SegmentId | None, catalog: Catalog
) -> tuple[Segment | None, Reason | None]:
    """Return the one segment asked for, or the reason why there is none."""
    if wanted is None:
        return None, reasons.no_audience()
    match segments(wanted, catalog):
        case (one,):
            return one, None
        case ():
            text = shown(wanted) or ""
            near = nearest(text, (one.name for one in catalog.segments))
            return None, reasons.no_such("segment", text, near)
        case several:
            ids = [str(one.segment_id) for one in several]
            return None, reasons.several_such("segment", several[0].name, ids)


def redeemable(
    wanted: str | RedeemableUuid, catalog: Catalog
) -> tuple[Redeemable | None, Reason | None]:
    """Return the one redeemable asked for, or the reason why there is none."""
    match redeemables(wanted, catalog):
        case (one,):
            return one, None
        case ():
            text = shown(wanted) or ""
            near = nearest(text, (one.name for one in catalog.redeemables))
            return None, reasons.no_such("redeemable", text, near)
        case several:
            ids = [one.redeemable_uuid for one in several]
            return None, reasons.several_such("redeemable", several[0].name, ids)
