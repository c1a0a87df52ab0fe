"""What is said after a commit: gifts that were seen or not, canaries, and sends that changed."""

from connector.render.texts.text import Text

_LOOK = "Look at what Punchh's dashboard shows of"
_THEN_RESOLVE = "; then `connector ledger resolve {id} --committed CAMPAIGN_ID --reason …`"
_FIND = (
    "n Punchh's dashboard find campaign {campaign} under Campaigns "
    "(its name ends in {mark}) and stop or move it there"
)
_STOP, _IF_STOP = f"I{_FIND}", f"i{_FIND}"
_AGAIN = (
    "; cancelled, it is made again for the new time by "
    "`connector ledger recommit {id} --cancelled-in-punchh --reason …`"
)
_TWO = Text(
    "Punchh's webhook told of gifts of {campaigns:count} campaigns for this one offer "
    "({campaigns:and}): guests may have it twice",
    f"{_LOOK} {{campaigns:and}}; stop what still runs there",
)
_ANOTHERS = Text(
    "Punchh's webhook told of campaign {campaign} by this offer's mark, and that campaign stands "
    "on {other} already",
    f"{_LOOK} it, and compare its name with those of both offers",
)
_EARLIER = Text(
    "Punchh's webhook told of gifts of campaign {campaign}, made by an earlier attempt that "
    "counted as not made: with the last one guests may have the offer twice",
    f"{_LOOK} both, the last one's name ends in {{mark}}; stop what still runs there",
)


def _unknown(text: Text) -> Text:
    """Return the text for an unknown, which a person can then settle."""
    return Text(text.sentence, text.next_step + _THEN_RESOLVE)


GIFTS = {
    # gifts, by evidence
    "given-after-all": Text(
        "Punchh's webhook told of gifts of campaign {campaign}, made by an attempt of this offer "
        "that counts as not made ({state}): guests have it",
        f"{_LOOK} it; the offer is not given again without a person's approval",
    ),
    "given-after-all/held": Text(
        "gifts of campaign {campaigns:and} landed, which this offer or the one before it made: "
        "guests have it",
        "Look in Punchh; if guests should get it again, `connector ledger approve {id} --reason …`",
    ),
    "given-after-all/cancelled": Text(
        "campaign {campaign} was said to be cancelled, and its gifts landed: guests have the "
        "offer, and {again} would give it again",
        f"{_LOOK} it. {{again}} is held until you say "
        "`connector ledger approve {again} --reason …`",
    ),
    "two-campaigns": _TWO,
    "two-campaigns/unknown": _unknown(_TWO),
    "anothers-campaign": _ANOTHERS,
    "anothers-campaign/unknown": _unknown(_ANOTHERS),
    "earlier-attempt": _EARLIER,
    "earlier-attempt/unknown": _unknown(_EARLIER),
    "other-campaign": Text(
        "Punchh's webhook told of gifts of campaign {campaign} by this offer's mark, and the "
        "ledger holds it as campaign {held}",
        f"{_LOOK} both: two campaigns would be two gifts; one that only has two numbers is fine",
    ),
    "unknown-seen": Text(
        "{why}; canary {canaries:list} holds such a gift since, of a campaign that stands on no "
        "other offer",
        "Look in Punchh whether that campaign's name ends in {mark}; if so: {campaigns:resolve}",
    ),
    "landed-unnamed": Text(
        "canary {canary} holds such a gift, but of campaign {others:list} instead of {campaign}",
        f"{_LOOK} both. If it is one campaign with two numbers, guests have the offer",
    ),
    "not-landed": Text(
        "canary {canary} did not get the gift of campaign {campaign} by {due}",
        "Look in Punchh whether that campaign runs; its name ends in {mark}",
    ),
    "stray-campaign": Text(
        "Punchh's webhook told of gifts of campaign {campaign}, whose name ends in {mark}, and "
        "this ledger knows of no such attempt",
        "Was the ledger restored from an older copy, or does another one commit for this "
        "business? Look in Punchh what that campaign gave, before more is committed",
    ),
    "gift-heard": Text("a gift of campaign {campaign}, whose name ends in {mark}"),
    "gift-seen": Text("canary {canary} holds its gift"),
    # canaries
    "canary-unread": Text(
        "canary {canary} could not be asked: {why:whole}", "Mend it, or take the canary out"
    ),
    "canary-unread/refused": Text(
        "canary {canary} could not be asked: {why:whole}",
        "It is left alone until that, or another of its settings, changes",
    ),
    "canary-misnamed": Text(
        "canary {canary} is to watch “{segment}”, and Punchh has no segment so named",
        "Correct punchh.canaries.{canary}.segment, or the name in Punchh",
    ),
    "canary-misnamed/near": Text(
        "canary {canary} is to watch “{segment}”, and Punchh has no segment so named "
        "(near: {near})",
        "Correct punchh.canaries.{canary}.segment, or the name in Punchh",
    ),
    "canary-misnamed/several": Text(
        "canary {canary} is to watch “{segment}”, and Punchh has {count} segments so named",
        "Correct punchh.canaries.{canary}.segment, or the name in Punchh",
    ),
    "canary-misnamed/unread": Text(
        "canary {canary} is to watch “{segment}”, and Punchh has {count} in its list that cannot "
        "be read and may be it",
        "Correct punchh.canaries.{canary}.segment, or the name in Punchh",
    ),
    "canary-outside": Text(
        "canary {canary} is not in segment “{segment}”, so it proves nothing",
        "Put it in there in Punchh, which takes a moment to show, or correct "
        "punchh.canaries.{canary}.segment or .email",
    ),
    # a send that changed after its offer was committed
    "late": Text(
        "it was committed late: its message may come {early} before it",
        "Tell the guests that the offer follows, if it matters",
    ),
    "drift/echo": Text("Punchh's answer differs from what was sent in {differs:and}", _STOP),
    "drift/message-first": Text(
        "the send moved{before:? from } to {now}: the message comes {early} before the offer",
        _STOP + _AGAIN,
    ),
    "drift/moved": Text(
        "the send moved from {before} to {now} after its offer was committed: the offer comes "
        "{lead} before the message",
        f"If that is too early: {_IF_STOP}{_AGAIN}",
    ),
    "drift/moved-unstarted": Text(
        "the send moved from {before} to {now} after its offer was committed",
        f"If that is too early: {_IF_STOP}{_AGAIN}",
    ),
    "drift/gone": Text(
        "the send is gone from its source, and its offer is committed: guests get the offer "
        "without a message",
        f"If they should not: {_IF_STOP}",
    ),
    "drift/audience": Text(
        "the send now names {audiences}, and its offer is committed for “{audience}”: guests "
        "of the one get the message, of the other the offer",
        f"If the offer should not go there: {_IF_STOP}",
    ),
    "drift/no-audience": Text(
        "the send now names no audience, and its offer is committed for “{audience}”: its guests "
        "get the offer without a message",
        f"If the offer should not go there: {_IF_STOP}",
    ),
    "drift/unclaimed": Text(
        "no rule wants an offer with the send any more (it is called “{send}”), and its offer is "
        "committed",
        f"If it should bring none: {_IF_STOP}",
    ),
}
