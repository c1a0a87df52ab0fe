"""What is said of rows that sources show, and of how their times were read."""

from connector.domain.text import REPLACED
from connector.render.texts.text import Text

_LOST = f"with a character that cannot be kept (here {REPLACED}), such as half of an emoji"
_TAGS = "Look at the send's tags in {remote}; removing them and adding them again may help"
_RIGHT_TAG = "If it should, write the tag as “{prefix}NAME” in {remote}"
_EACH_RUN = (
    "If it does, make its offer in Punchh by hand, or schedule each run as a flow of its own"
)
_UNAWAITED = "`connector doctor` says why; if none is to come, say so by `kind:` in these rules"
_MAY_READ = "If this org uses it, give the run-as user the right to read {object}"
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
        "{remote} sent a row without a usable id, which nobody can follow: {row}",
        "Look in {remote} for a send that is missing here",
    ),
    "more-rows/without-id": Text(
        "{remote} sent {count} more rows without a usable id",
        "Look in {remote} for sends that are missing here",
    ),
    "more-rows/twice": Text(
        "{remote} sent {count} more rows with ids that come several times",
        "Look in {remote} for sends that are missing here",
    ),
    "too-many-audiences": Text(
        "it names {count} audiences, and at most {most} are read",
        "Let it name fewer in {remote}",
    ),
    "row-twice": Text(
        "{remote} sent {count} rows with the id {send_id} (“{name}”); the earliest is taken",
        "Look at its schedule in {remote}",
    ),
    "audience-unseen": Text(
        "Salesforce does not show us the name of its audience ({what} {audience_id})",
        "Share it with the run-as user, or give the rule a `segment:`",
    ),
    "odd-id": Text(
        f"{{remote}} sent the id “{{send_id}}” {_LOST}: nobody can follow or find the send",
        "Make the send anew in {remote}",
    ),
    "odd-text": Text(
        f"{{remote}} sent the {{noun}} “{{text}}” {_LOST}", "Type it anew in {remote}"
    ),
    "unreadable-tags": Text(
        "{count} of its {of} tags cannot be read ({remote} sent {first})", _TAGS
    ),
    "unreadable-tags/no-list": Text("{remote} sent tags {tags} instead of a list", _TAGS),
    "misspelled-tag": Text(
        "its tag “{tag}” is almost, but not quite, “{prefix}…”, so it names no audience as it is",
        _RIGHT_TAG,
    ),
    "misspelled-tag/nothing": Text(
        "its tag “{tag}” names nothing, so it names no audience as it is", _RIGHT_TAG
    ),
    "misspelled-tag/hidden": Text(
        "its tag “{tag}” holds a character that only looks like another, or like none ({char}), "
        "so it names no audience as it is",
        _RIGHT_TAG,
    ),
    "next-run-unknown": Text(
        "its start, {start}, has passed, and Salesforce does not say whether and when it runs "
        "again",
        _EACH_RUN,
    ),
    "next-run-unknown/running": Text(
        "it runs, and Salesforce does not say whether and when it runs again", _EACH_RUN
    ),
    # what an org does not show
    "kind-left-out": Text(
        "{noun} are not read: the org does not show all that is asked of {object} "
        "({error}: {message})",
        "If this org sends with them, give the run-as user the right to read {object}, all its "
        "fields that are asked for, and what it refers to",
    ),
    "kind-left-out/awaited": Text(
        "sends of the kind {kind} are not read: {source} does not show them, and rules may wait "
        "for one ({rules:list})",
        _UNAWAITED,
    ),
    "kind-left-out/several": Text(
        "sends of the kind {kind} are not read: {source} does not show them, and rules may wait "
        "for one ({rules:list} and {more} more)",
        _UNAWAITED,
    ),
    "object-unseen": Text(
        "the org does not show {object} ({error}: {message}): of the {noun}, those that need it "
        "block",
        _MAY_READ,
    ),
    "object-unseen/own": Text(
        "the org does not show {object} ({error}: {message}): of the {noun}, none is known to be "
        "gone",
        _MAY_READ,
    ),
    # why a time cannot be read
    "time/none": Text("that is no time"),
    "time/date-only": Text("it has a date and no time of day"),
    "time/not-a-time": Text("it is not a time like {like}"),
    "time/year": Text("the year {year} cannot be meant"),
    "time/no-such-day": Text("there is no such day or time of day"),
    "time/zone": Text("{field} “{zone}” is no time zone that we know"),
    "time/zone-meant": Text("{field} “{zone}” is no time zone that we know; it may mean {meant}"),
    "time/zone-ambiguous": Text(
        "{field} “{zone}” can be read as {meant:or}, with or without summer time"
    ),
    "time/offset": Text("no place on earth has the offset {offset}"),
    "time/no-offset": Text("it has no offset from UTC"),
    "time/two-zones": Text("it says {stated}, and schedule_type says {named}"),
    "time/abbreviation": Text("“{suffix}” is no offset, and not the schedule's own zone"),
    "time/suffix": Text("nobody knows what “{suffix}” says of the time"),
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
