"""Orders that Punchh takes: echo, start times, repeats (facts: punchh §4.1, §4.2, §4.4, §4.6)."""

from functools import partial

from tests.contract.punchh_world import (
    CAMPAIGNS,
    COMMITTED,
    FRIES,
    SUCCESS,
    VIP,
    accepted,
    commit,
    order,
    refused,
)
from tests.contract.rows import Ask, Fact, Made

MINUTE = "2026-03-02T18:36:00Z"
_drifted = partial(Made, verdict="committed", code="committed", campaign_id=99511494)
_echo = partial(accepted, section="punchh §4.2")
_start = partial(accepted, section="punchh §4.4", starts=MINUTE)
_bad_format = partial(
    refused,
    section="punchh §4.4",
    status=422,
    body={"errors": {"invalid_format": "Invalid Start Time format. Please use ISO8601"}},
    code="rejected",
)
_again = partial(accepted, section="punchh §4.6", echo={})

OTHER_NAMES = {
    {"timezone": "time_zone", "external_source_id": "external_campaign_id"}.get(key, key): value
    for key, value in SUCCESS.items()
}

ECHO = (
    _echo(
        "punchh-4.2-success",
        "A good order is 200, not 201; name, segment, category and status are not echoed.",
        order(),
        {},
    ),
    accepted(
        "punchh-4.1-body",
        "The body is seven fields; segment_id is a bare number, everything else a text.",
        order(),
        {},
        section="punchh §4.1",
    ),
    accepted(
        "punchh-8.4-names-of-the-echo",
        "The external id comes back as external_source_id, the zone as timezone.",
        order(external_campaign_id="another-1"),
        {"external_source_id": "another-1"},
        section="punchh §8",
        ours=_drifted(drift="external_id"),
    ),
    _echo(
        "punchh-4.2-external-id-empty",
        "An empty external id is echoed as an empty text.",
        order(external_campaign_id=""),
        {"external_source_id": ""},
        ours=_drifted(drift="external_id"),
    ),
    _echo(
        "punchh-4.2-external-id-omitted",
        "An external id that was not sent is echoed as null.",
        order(external_campaign_id=None),
        {"external_source_id": None},
        ours=_drifted(drift="external_id"),
    ),
    _echo(
        "punchh-4.2-echo-of-start",
        "The start comes back as a 12-hour clock in UTC, with the seconds cut off.",
        order(start_time="2026-03-02T18:36:32Z"),
        {"start_time": "2026-03-02 06:36 PM"},
    ),
    _echo(
        "punchh-4.2-echo-of-noon",
        "Noon is 12 PM in a 12-hour clock.",
        order(start_time="2026-03-03T12:05:00Z"),
        {"start_time": "2026-03-03 12:05 PM"},
        confidence="INFERRED",
        starts="2026-03-03T12:05:00Z",
    ),
    _echo(
        "punchh-4.2-echo-of-midnight",
        "Midnight is 12 AM in a 12-hour clock.",
        order(start_time="2026-03-03T00:05:00Z"),
        {"start_time": "2026-03-03 12:05 AM"},
        confidence="INFERRED",
        starts="2026-03-03T00:05:00Z",
    ),
    commit(
        id="punchh-8.4-other-names-are-read",
        section="punchh §8",
        confidence="INFERRED",
        told="The schema's names time_zone and external_campaign_id are read too.",
        ask=order(),
        body=OTHER_NAMES,
        ours=COMMITTED,
        simulated=False,
    ),
    _echo(
        "punchh-4.2-another-start-is-drift",
        "An echo of another start than ours wants a person.",
        order(start_time="2026-03-02T19:36:00Z"),
        {"start_time": "2026-03-02 07:36 PM"},
        ours=_drifted(drift="start_time"),
    ),
)

STARTS = (
    _start(
        "punchh-4.4-z", "A start with Z is taken.", order(start_time="2026-03-02T18:36:32Z"), {}
    ),
    _start(
        "punchh-4.4-lower-z",
        "A start with a small z is taken.",
        order(start_time="2026-03-02T18:36:32z"),
        {},
    ),
    _start(
        "punchh-4.4-offset-east",
        "A start with +05:30 is taken, and is the instant it says.",
        order(start_time="2026-03-03T00:06:32+05:30"),
        {},
    ),
    _start(
        "punchh-4.4-offset-west",
        "A start with -05:00 is taken, and is the instant it says.",
        order(start_time="2026-03-02T13:36:32-05:00"),
        {},
    ),
    _start(
        "punchh-4.4-no-zone-is-utc",
        "A start without a zone is read as UTC.",
        order(start_time="2026-03-02T13:36:32"),
        {"start_time": "2026-03-02 01:36 PM"},
        starts="2026-03-02T13:36:00Z",
    ),
    _start(
        "punchh-4.4-fifteen-minutes-ahead",
        "15 minutes and 32 seconds ahead is enough.",
        order(start_time="2026-03-02T12:15:32Z"),
        {"start_time": "2026-03-02 12:15 PM"},
        starts="2026-03-02T12:15:00Z",
    ),
    _bad_format(
        "punchh-4.4-slashes",
        "A date with slashes and PM is refused.",
        order(start_time="2026/03/02 06:36 PM"),
    ),
    _bad_format(
        "punchh-4.4-own-echo",
        "The form of Punchh's own echo is refused.",
        order(start_time="2026-03-02 06:36 PM"),
    ),
    _bad_format(
        "punchh-4.4-space-for-t",
        "A space in place of the T is refused.",
        order(start_time="2026-03-02 18:36:32"),
    ),
    _bad_format("punchh-4.4-date-only", "A date alone is refused.", order(start_time="2026-03-02")),
    _bad_format("punchh-4.4-time-only", "A time alone is refused.", order(start_time="18:36:32")),
    _bad_format("punchh-4.4-not-iso", "A word is refused.", order(start_time="tomorrow")),
)

REPEATS = (
    _again("punchh-4.6-same-again", "The same order again is 200 and another campaign.", order()),
    _again(
        "punchh-4.6-same-name",
        "A name may come again.",
        order(external_campaign_id="v1-fries-2"),
        echo={"external_source_id": "v1-fries-2"},
        ours=_drifted(drift="external_id"),
    ),
    _again(
        "punchh-4.6-same-external-id",
        "An external id may come again: it does not deduplicate.",
        order(name="Another Name"),
    ),
)


def _nothing_there(method: str, tail: str) -> Fact:
    return Fact(
        id=f"punchh-4.7-no-{method.lower()}{tail.replace('/', '-')}",
        section="punchh §4.7",
        confidence="CONFIRMED",
        told="What was made can be neither listed nor looked up, changed or cancelled.",
        world=(VIP, FRIES),
        ask=Ask(method=method, path=CAMPAIGNS + tail),
        status=404,
        body={"error": "Not Found"},
        shaped=frozenset({"error"}),
        ours=None,
    )


NO_ROUTES = (
    _nothing_there("GET", ""),
    _nothing_there("GET", "/99511494"),
    _nothing_there("PATCH", "/99511494"),
    _nothing_there("DELETE", "/99511494"),
)
COMMITS = (*ECHO, *STARTS, *REPEATS, *NO_ROUTES)
