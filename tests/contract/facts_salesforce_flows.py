"""Segment-triggered flows of Marketing Cloud Next (facts: salesforce §1.5, §8)."""

from functools import partial
from typing import Any

from tests.contract.rows import Fact, Polled
from tests.contract.salesforce_world import (
    AT_WRITTEN,
    CAMPAIGN,
    FLOW,
    LAPSED,
    SEGMENT,
    VERSION,
    ask,
    flow,
    records,
    refusal,
    row,
    target,
)

_flow = partial(Fact, section="salesforce §1.5", confidence="CONFIRMED")
_real = partial(Fact, section="salesforce §8", confidence="CONFIRMED", ours=None)
FIELDS = (
    "SELECT Id, Name, ProgressStatus, ScheduledStartDate, SegmentId, Segment.Name, IsPaused "
    "FROM FlowRecord"
)
AT = "2026-03-06T16:00:00Z"
MESSAGE = frozenset({"message"})
NAMED = row("MarketSegment", SEGMENT, Name="Lapsed Guests")


def shown(**changes: Any) -> dict[str, Any]:
    """Return the record by which the flow shows."""
    fields = {
        "Id": FLOW,
        "Name": "Win-back Flow",
        "ProgressStatus": "Scheduled",
        "ScheduledStartDate": AT_WRITTEN,
        "SegmentId": SEGMENT,
        "Segment": NAMED,
        "IsPaused": False,
    }
    return row("FlowRecord", FLOW, **(fields | changes))


def _polled(first: str | None, *audiences: str) -> Polled:
    return Polled(sends=(("flow", FLOW, "Win-back Flow", first),), audiences=audiences)


def _gated(name: str, version: int, soql: str, code: str) -> Fact:
    return _flow(
        id=f"salesforce-6.3-{name}-before-{version + 1}",
        section="salesforce §6.3",
        told=f"{name} is not there at version {version}.",
        world=(LAPSED, flow()),
        ask=ask(soql, f"/services/data/v{version}.0/query/"),
        status=400,
        body=refusal(code),
        shaped=MESSAGE,
        ours=None,
    )


SCHEDULED = (
    _flow(
        id="salesforce-1.5-scheduled",
        told="A scheduled flow names its start and its segment in one answer.",
        world=(LAPSED, flow()),
        ask=ask(f"{FIELDS} WHERE Type = 'Segment' AND ProgressStatus IN ('Scheduled')"),
        body=records(shown()),
        ours=_polled(AT, "Lapsed Guests"),
    ),
    _flow(
        id="salesforce-1.5-paused",
        told="A paused flow says so, and keeps its status.",
        world=(LAPSED, flow(paused=True)),
        ask=ask(FIELDS),
        body=records(shown(IsPaused=True)),
        ours=_polled(None, "Lapsed Guests"),
    ),
    _flow(
        id="salesforce-1.5-preparing",
        told="PreparingData follows the start, and can last two hours.",
        world=(LAPSED, flow(at="2026-03-02T11:55:00Z")),
        switches={"salesforce.preparing_minutes": 120},
        ask=ask(FIELDS),
        body=records(
            shown(ProgressStatus="PreparingData", ScheduledStartDate="2026-03-02T11:55:00.000+0000")
        ),
        ours=_polled("2026-03-02T11:55:00Z", "Lapsed Guests"),
    ),
    _flow(
        id="salesforce-1.5-in-progress",
        told="Then it is InProgress.",
        world=(LAPSED, flow(at="2026-03-02T11:55:00Z")),
        switches={"salesforce.preparing_minutes": 1},
        ask=ask("SELECT ProgressStatus FROM FlowRecord"),
        body=records(row("FlowRecord", FLOW, ProgressStatus="InProgress")),
        ours=None,
    ),
    _flow(
        id="salesforce-1.5-canceled",
        told="Canceled has one l here, too.",
        world=(LAPSED, flow(status="Canceled")),
        ask=ask("SELECT ProgressStatus FROM FlowRecord"),
        body=records(row("FlowRecord", FLOW, ProgressStatus="Canceled")),
        ours=None,
    ),
    _flow(
        id="salesforce-1.5-no-segment",
        told="A flow without a segment has neither its id nor its name.",
        world=(flow(segment=None),),
        ask=ask(FIELDS),
        body=records(shown(SegmentId=None, Segment=None)),
        ours=_polled(AT),
    ),
    _flow(
        id="salesforce-1.5-unseen-segment",
        confidence="INFERRED",
        told="A segment that we may not see leaves its id and no name.",
        world=(target(SEGMENT, "MarketSegment", "Lapsed Guests", hidden=True), flow()),
        ask=ask(FIELDS),
        body=records(shown(Segment=None)),
        ours=_polled(None),
    ),
    _flow(
        id="salesforce-1.5-no-occurrence-ahead",
        confidence="INFERRED",
        told="A recurring flow has no occurrence before it runs.",
        world=(LAPSED, flow(recurring="daily")),
        ask=ask("SELECT Id FROM FlowRecordVersionOccurrence"),
        body=records(),
        ours=None,
    ),
    _flow(
        id="salesforce-1.5-version",
        told="A flow's version has a number, a status and the start.",
        world=(LAPSED, flow()),
        ask=ask(
            "SELECT FlowRecordId, VersionNumber, Status, ProgressStatus, ScheduledStartDate, "
            "IsPaused FROM FlowRecordVersion"
        ),
        body=records(
            row(
                "FlowRecordVersion",
                VERSION,
                FlowRecordId=FLOW,
                VersionNumber=1,
                Status="Active",
                ProgressStatus="Scheduled",
                ScheduledStartDate=AT_WRITTEN,
                IsPaused=False,
            )
        ),
        ours=None,
    ),
    _gated("flow-record", 57, "SELECT Id FROM FlowRecord", "INVALID_TYPE"),
    _gated(
        "occurrence",
        59,
        "SELECT Id FROM FlowRecordVersionOccurrence",
        "INVALID_TYPE",
    ),
    _gated("is-paused", 59, "SELECT IsPaused FROM FlowRecord", "INVALID_FIELD"),
    _gated("active-version", 60, "SELECT ActiveVersionId FROM FlowRecord", "INVALID_FIELD"),
)

REAL = (
    _real(
        id="salesforce-8-kind-of-flow",
        told="Real orgs say SegmentTrigAutolnch and MarketingCloudFlow.",
        world=(LAPSED, flow()),
        ask=ask("SELECT FlowType, CapacityCategory FROM FlowRecord"),
        body=records(
            row(
                "FlowRecord",
                FLOW,
                FlowType="SegmentTrigAutolnch",
                CapacityCategory="MarketingCloudFlow",
            )
        ),
    ),
    _real(
        id="salesforce-8-names-of-the-platform",
        told="FlowDefinition is an id of 15 characters, ApiName holds the campaign it is made of.",
        world=(LAPSED, flow()),
        ask=ask("SELECT FlowDefinition, ApiName, AssociatedRecordId FROM FlowRecord"),
        body=records(
            row(
                "FlowRecord",
                FLOW,
                FlowDefinition="3005f0000000001",
                ApiName=f"flow_{CAMPAIGN}_1769932800000",
                AssociatedRecordId=None,
            )
        ),
    ),
    _real(
        id="salesforce-8-associated-record",
        told="AssociatedRecord.Name is the campaign that marketers know.",
        world=(LAPSED, target(CAMPAIGN, "Campaign", "Spring"), flow(campaign=CAMPAIGN)),
        ask=ask("SELECT AssociatedRecordId, AssociatedRecord.Name FROM FlowRecord"),
        body=records(
            row(
                "FlowRecord",
                FLOW,
                AssociatedRecordId=CAMPAIGN,
                AssociatedRecord=row("Campaign", CAMPAIGN, Name="Spring"),
            )
        ),
    ),
    _real(
        id="salesforce-8-invalid-draft",
        told="ProgressStatus may be InvalidDraft.",
        world=(LAPSED, flow(status="InvalidDraft")),
        ask=ask("SELECT ProgressStatus FROM FlowRecord"),
        body=records(row("FlowRecord", FLOW, ProgressStatus="InvalidDraft")),
    ),
    _real(
        id="salesforce-8-in-progress-between-runs",
        confidence="INFERRED",
        told="A recurring flow is InProgress between its runs.",
        world=(LAPSED, flow(at="2026-02-27T16:00:00Z", recurring="weekly")),
        switches={"salesforce.between_runs": "InProgress"},
        ask=ask(FIELDS),
        body=records(shown(ProgressStatus="InProgress")),
    ),
    _real(
        id="salesforce-8-segment-fields",
        told="A segment tells its size and its next refresh.",
        world=(LAPSED,),
        ask=ask("SELECT Name, LastSegmentMemberCount, NextRefreshDate FROM MarketSegment"),
        body=records(
            row(
                "MarketSegment",
                SEGMENT,
                Name="Lapsed Guests",
                LastSegmentMemberCount=1000,
                NextRefreshDate=None,
            )
        ),
        shaped=frozenset({"LastSegmentMemberCount", "NextRefreshDate"}),
    ),
    _real(
        id="salesforce-8-activation",
        told="ActivationId is there since 64.",
        world=(LAPSED, flow()),
        ask=ask("SELECT ActivationId FROM FlowRecord"),
        status=400,
        body=refusal("INVALID_FIELD"),
        shaped=MESSAGE,
    ),
)
FLOWS = (*SCHEDULED, *REAL)
