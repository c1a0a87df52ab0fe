"""What is said of sends and their offers: what the rules, the clock and people make of them."""

from connector.render.texts.text import Text

_APPROVE = "`connector ledger approve {id} --reason …`"
_LIFT_GUESTS = f"Look at the segment; if it is right, {_APPROVE}"
_LIFT_CAP = (
    "Check that they are meant, then `connector ledger approve --held-by cap --reason …`; "
    "raise the setting if so many are usual"
)
_CONFIRM_LOSS = (
    "Look in the source; if they were really cancelled, "
    "`connector resume --source {source} --reason …`"
)
_RESOLVE = (
    "Look in Punchh's dashboard for the campaign, then "
    "`connector ledger resolve {id} --committed CAMPAIGN_ID | --not-committed --reason …`"
)
_RETRY = "`connector ledger retry {id} --reason …`"
_FIX_AND_RETRY = f"Mend it in Punchh, then {_RETRY}"
_NO_SUCH = "Correct the name in the source, the mapping or Punchh"
_UNREAD_SEGMENT = (
    "Correct its name in Punchh, or name the right segment in the rule as `segment: {{id: …}}`"
)
_UNREAD_REDEEMABLE = (
    "Correct its name in Punchh, or name the right redeemable in the rule as "
    "`redeemable: {{uuid: …}}`"
)

OFFERS = {
    # what the rules say of a send
    "claimed": Text("claimed by rule {rule}"),
    "ignored": Text("rule {rule} says to skip it: {why}"),
    "unmapped": Text("no rule claims it", "Add a rule if it should bring an offer"),
    "unmapped-with-audience": Text(
        "no rule claims it, though it names the audience {audiences}",
        "Add a rule for it (`connector mappings suggest` writes one), or one with `ignore:`",
    ),
    "unmapped-with-problem": Text(
        "{problem}, and no rule claims the send{audiences:?, though it names the audience }",
        "{problem:step}; then add a rule if it should bring an offer",
    ),
    "planner-fault": Text(
        "it could not be decided by a fault of the connector ({kind}); nothing of it is committed",
        "Report it with the line `item.failed` of the log; the others go on",
    ),
    "beyond-horizon": Text("claimed by rule {rule}; planned from {starts} (schedule.horizon)"),
    # blocked
    "no-audience": Text(
        "the send names no audience, and the rule names no segment",
        "Tag the send with its audience, or give the rule a `segment:`",
    ),
    "no-segment": Text("Punchh has no segment named “{wanted}”", _NO_SUCH),
    "no-segment/near": Text(
        "Punchh has no segment named “{wanted}”", f"Did you mean {{near}}? {_NO_SUCH}"
    ),
    "no-redeemable": Text("Punchh has no redeemable named “{wanted}”", _NO_SUCH),
    "no-redeemable/near": Text(
        "Punchh has no redeemable named “{wanted}”", f"Did you mean {{near}}? {_NO_SUCH}"
    ),
    "unread-segment": Text(
        "Punchh's list has a segment that cannot be read and may be “{wanted}”: {first}",
        _UNREAD_SEGMENT,
    ),
    "unread-segment/several": Text(
        "Punchh's list has {count} segments that cannot be read and may be “{wanted}”: {first}",
        _UNREAD_SEGMENT,
    ),
    "unread-redeemable": Text(
        "Punchh's list has a redeemable that cannot be read and may be “{wanted}”: {first}",
        _UNREAD_REDEEMABLE,
    ),
    "unread-redeemable/several": Text(
        "Punchh's list has {count} redeemables that cannot be read and may be “{wanted}”: {first}",
        _UNREAD_REDEEMABLE,
    ),
    "several-segments": Text(
        "Punchh has {count} segments named “{wanted}” ({ids:list})",
        "Rename all but one in Punchh, or name it in the rule as `segment: {{id: …}}`",
    ),
    "several-redeemables": Text(
        "Punchh has {count} redeemables named “{wanted}” ({ids:list})",
        "Rename all but one in Punchh, or name it in the rule as `redeemable: {{uuid: …}}`",
    ),
    "no-time": Text("the source gives no time for this send", "Look at its schedule in the source"),
    # held
    "rehearsal": Text(
        "rehearsal: it would be committed now", "`connector live` ends the rehearsal"
    ),
    "before-live": Text(
        "its commit window opened before this ledger went live: the offer may have been given "
        "before this ledger existed",
        f"Look in Punchh; if it was not given, {_APPROVE}",
    ),
    "approval": Text("rule {rule} wants a person's approval", _APPROVE),
    "max-guests": Text(
        "the rule allows at most {limit} guests, and punchh.segment_count_path is not set",
        f"Set it, or {_APPROVE}",
    ),
    "guests-unasked": Text("the segment's size has not been asked yet"),
    "guests-unread": Text(
        "the rule allows at most {limit} guests, and the segment's size is not known: {why}",
        _LIFT_GUESTS,
    ),
    "no-guests": Text(
        "Punchh counts no guest in the segment: it may still be filling", _LIFT_GUESTS
    ),
    "too-many-guests": Text(
        "the segment has {guests} guests, and the rule allows at most {limit}", _LIFT_GUESTS
    ),
    "several-segments/of-one-send": Text(
        "“{redeemable}” would go to {segments:count} segments of one send ({segments}); "
        "guests in both would get two",
        "Say `several: each` in the rule if that is meant, or name one segment",
    ),
    "same-offer": Text(
        "the same segment gets the same offer with “{other_send}” ({other_id}) "
        "less than {gap} apart",
        f"If guests should get it twice, {_APPROVE}, or say `repeat: allow` in the rule",
    ),
    "set-closed": Text(
        "an offer for this send has already gone out, and this one was not part of it then",
        f"If guests should get this too: {_APPROVE}",
    ),
    "set-closed/recommitted": Text(
        "an offer for this send was committed before; it had started, or the send or its offer "
        "changed, since a person said that it was cancelled in Punchh",
        f"If no guest got it: {_APPROVE}",
    ),
    "cap-per-cycle": Text(
        "{wanted} commits at once are more than safety.max_commits_per_cycle = {cap} allows; "
        "none was made",
        _LIFT_CAP,
    ),
    "cap-per-day": Text(
        "it would be more than safety.max_commits_per_day = {cap} allows within 24 hours",
        _LIFT_CAP,
    ),
    "unclear": Text(
        "the send was seen for {before:|no time} and now for {now:|no time}, and nobody watched in "
        "between: it may be the one that already got its offer, moved, or a new one",
        f"Look in the source; if it is a new one, {_APPROVE}",
    ),
    "paused": Text(
        "{who} paused {of} until {until}: {why}", "`connector resume{arguments} --reason …`"
    ),
    "paused/for-good": Text(
        "{who} paused {of} until it is resumed: {why}", "`connector resume{arguments} --reason …`"
    ),
    "paused/short": Text(
        "{who} paused {of}: {why}", "`connector resume{arguments} --reason …` ends it"
    ),
    "paused/flow": Text("the flow is paused in Salesforce", "Resume it there if it should run"),
    "draft-pending": Text(
        "a draft of changes to this send waits in its source, and shows there only when launched; "
        "its offer goes by the send as it is now",
        "Launch the draft or throw it away before the offer is committed",
    ),
    # time
    "window": Text("waits for its commit window, which opens {at}"),
    "due": Text("its commit window is open"),
    "due-short": Text(
        "its commit window is open; the offer comes {lead} before the message instead of {wanted}"
    ),
    "due-late": Text(
        "its message may come before the offer, which starts {start}; "
        "the rule says `late: earliest`"
    ),
    "rehearsed": Text("rehearsal: it would have been committed by {commit_by}"),
    "missed": Text(
        "it had to be committed by {commit_by} and was not{before:?; until then: }",
        "If the send can be moved, move it; otherwise tell the guests otherwise",
    ),
    "too-late": Text(
        "seen too late: it had to be committed by {commit_by}",
        "Schedule sends earlier, or say `late: earliest` in the rule",
    ),
    "deadline-1h": Text("{why}; commit by {by}", "{why:step}"),
    "deadline-6h": Text("{why}; commit by {by}", "{why:step}"),
    "deadline-24h": Text("{why}; commit by {by}", "{why:step}"),
    # what became of a send
    "not-seen": Text("the last reading of {source} did not show this send; looking again"),
    "shrunken": Text(
        "{lost} of {of} coming sends vanished from {source} at once; "
        "until they are back, they are neither committed nor withdrawn",
        _CONFIRM_LOSS,
    ),
    "shrunken/since": Text(
        "since {since} more than half of the coming sends are missing from {source}; "
        "what is missing is neither committed nor withdrawn",
        _CONFIRM_LOSS,
    ),
    "cancelled": Text("the send was cancelled in the source"),
    "ended": Text("its source shows the send no more, and never said when it would fire"),
    "rule-gone": Text("no rule asks for this offer any more"),
    "duplicate": Text("the same segment and redeemable as {other} of the same send"),
    # attempts
    "in-flight": Text("the commit is being made"),
    "committed": Text("Punchh campaign {campaign_id} starts {start}"),
    "committed/found": Text("{who} found it in Punchh as campaign {campaign_id}"),
    "committed/evidenced": Text(
        "Punchh campaign {campaign_id}{start:?, starts }: its webhook told of gifts by the mark "
        "{mark}"
    ),
    "not-committed": Text("{who} looked, and Punchh holds no such campaign: {why}"),
    "abandoned": Text(
        "given up by {who}, though Punchh may hold the campaign: {why}",
        "Nothing repeats it but `connector ledger retry {id} --although-it-may-exist --reason …`",
    ),
    "may-still-arrive": Text(
        "warning: until {until} Punchh may still take the lost request; look again then, "
        "and stop one of the two if it did"
    ),
    "too-early": Text("{id}: Punchh may still show the campaign; look again after {after}"),
    "recommitted": Text("{who} cancelled campaign {campaign_id} in Punchh: {why}"),
    "retried": Text("{who} wants it tried again: {why}"),
    "orphaned": Text(
        "the worker ended while the commit was in flight: Punchh may or may not hold the campaign",
        _RESOLVE,
    ),
    "not-sent": Text("Punchh was not reached ({why}); nothing was sent"),
    "withheld": Text(
        "nothing was sent: the ledger, its mark or its lock could not be relied on",
        "The worker's log says why (cycle.failed); look at the ledger's folder",
    ),
    "throttled": Text("Punchh takes no more requests for now (429); nothing was made"),
    "start-too-soon": Text("Punchh found the start too soon; it is computed anew"),
    "start-too-soon/given-up": Text(
        "Punchh found the start too soon {times} times, though it was computed anew",
        f"Compare this machine's clock with Punchh's, then {_RETRY}",
    ),
    "account": Text(
        "Punchh refused the admin key or its rights ({status}){said:?: “|”}; nothing was made",
        "Correct punchh.admin_key, or have the dashboard-API permission given to its admin",
    ),
    "feature-off": Text(
        "the business has no external distribution of offers{said:?: “|”}; nothing was made",
        "Have it switched on in Punchh: Cockpit > Dashboard > Miscellaneous Config",
    ),
    "no-redeemable/refused": Text(
        "Punchh does not take the redeemable (unknown, or a draft){said:?: “|”}", _FIX_AND_RETRY
    ),
    "redeemable-deactivated": Text(
        "the redeemable is deactivated in Punchh{said:?: “|”}", _FIX_AND_RETRY
    ),
    "redeemable-scheduled": Text(
        "the redeemable's own start lies ahead{said:?: “|”}", _FIX_AND_RETRY
    ),
    "redeemable-expired": Text(
        "the redeemable has expired, or does before the offer starts{said:?: “|”}", _FIX_AND_RETRY
    ),
    "no-segment/refused": Text("Punchh does not know the segment{said:?: “|”}", _FIX_AND_RETRY),
    "rejected": Text("Punchh refused it{said:?: “|”}", _RETRY),
    "unknown/status": Text(
        "Punchh answered {status}{said:?: “|”}: the campaign may or may not exist", _RESOLVE
    ),
    "unknown/exchange": Text("{why}: the campaign may or may not exist", _RESOLVE),
    "unknown/no-campaign-id": Text(
        "Punchh answered 200 without a campaign_id{said:?: “|”}: the campaign may or may not exist",
        _RESOLVE,
    ),
    "unknown/look": Text(
        "{why} (segment {segment}, starts {start:|unknown}, its name ends in {mark})",
        "Look for that name in Punchh under Campaigns. Found: "
        "`connector ledger resolve {id} --committed CAMPAIGN_ID --reason …`; surely not there: "
        "`connector ledger resolve {id} --not-committed --reason …`",
    ),
}
