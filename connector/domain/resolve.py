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


def segment(
    wanted: str | SegmentId | None, catalog: Catalog
) -> tuple[Segment | None, Reason | None]:
    """Return the one segment asked for, or the reason why there is none."""
    match wanted:
        case None:
            return None, reasons.no_audience()
        case SegmentId(id=number):
            found = tuple(one for one in catalog.segments if one.segment_id == number)
        case name:
            found = catalog.segments_named(name)
    match found:
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
    match wanted:
        case RedeemableUuid(uuid=uuid):
            found = tuple(one for one in catalog.redeemables if one.redeemable_uuid == uuid)
        case name:
            found = catalog.redeemables_named(name)
    match found:
        case (one,):
            return one, None
        case ():
            text = shown(wanted) or ""
            near = nearest(text, (one.name for one in catalog.redeemables))
            return None, reasons.no_such("redeemable", text, near)
        case several:
            ids = [one.redeemable_uuid for one in several]
            return None, reasons.several_such("redeemable", several[0].name, ids)
