"""What is said of rows that sources show, and of how their times were read."""

from connector.render.texts.text import Text

_LOCAL = (
    "the first at {first} (earliest_offset), the last at {last}; nominal by {zone} (the source's "
    "timezone)"
)

SOURCES = {
    "bad-row": Text(
        "{remote} sent {field} {value}, and {wanted} was expected",
        "Look at the send in {remote}; saving it again may mend it",
    ),
    "bad-time": Text(
        "{remote} sent {field} {value}: {why}", "Look at the send's schedule in {remote}"
    ),
    "row-without-id": Text(
        "{remote} sent a row without an id, which nobody can follow: {row}",
        "Look in {remote} for a send that is missing here",
    ),
    "row-twice": Text(
        "{remote} sent {count} rows with the id {send_id} (“{name}”); the earliest is taken",
        "Look at its schedule in {remote}",
    ),
    "audience-unseen": Text(
        "Salesforce does not show us the name of its audience ({what} {audience_id})",
        "Share it with the run-as user, or give the rule a `segment:`",
    ),
    "kind-left-out": Text(
        "{noun} are not read: the org does not show {object} ({error})",
        "If this org sends with them, give the run-as user the right to read {object}",
    ),
    # why a time cannot be read
    "time/none": Text("that is no time"),
    "time/date-only": Text("it has a date and no time of day"),
    "time/not-a-time": Text("it is not a time like {like}"),
    "time/year": Text("the year {year} cannot be meant"),
    "time/no-such-day": Text("there is no such day or time of day"),
    "time/zone": Text("{field} “{zone}” is no time zone that we know"),
    "time/summer-time": Text("schedule_type {zone} may or may not have summer time"),
    "time/offset": Text("no place on earth has the offset {offset}"),
    "time/no-offset": Text("it has no offset from UTC"),
    "time/two-zones": Text("it says {stated}, and schedule_type says {named}"),
    "time/abbreviation": Text("“{suffix}” is no offset, and not the schedule's own zone"),
    "time/suffix": Text("nobody knows what “{suffix}” says of the time"),
    "time/past-flow": Text("that is past, and the flow says it is still to run"),
    # how a time was read
    "reading/offset": Text("its own offset counts, {offset}"),
    "reading/offset-over-type": Text(
        "its own offset counts, {offset}, and not schedule_type “{kind}”"
    ),
    "reading/type": Text("the clocks of {zone} count (schedule_type “{kind}”)"),
    "reading/company": Text("the clocks of {zone} count (the source's timezone)"),
    "reading/suffix": Text("it says “{suffix}”"),
    "reading/repeated": Text("{reading}; it comes twice that night, and the first is taken"),
    "reading/skipped": Text(
        "{reading}; the clocks skip it that night, and the earlier instant is taken"
    ),
    "reading/local": Text(
        f"schedule_type says that wall clock in every guest's own zone, {_LOCAL}"
    ),
    "reading/intelligent": Text(
        "schedule_type says each guest's best time on that day, in the guest's zone, " + _LOCAL
    ),
    "reading/two": Text("{reading}; it also has an offset, so the earlier reading counts"),
    "reading/salesforce": Text("Salesforce gives {field} in UTC"),
    "reading/queued": Text(
        "{reading}; messages queued for its time of before still go, from {begin} to {end}"
    ),
}
