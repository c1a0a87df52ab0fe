"""What wants a person about gifts that landed, or did not: told from the evidence alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.domain.distribution import Distribution, State
from connector.domain.evidence import Evidence, Finding, Heard, Kind, Sighting, judge
from connector.domain.reasons import Reason, instant

GIVEN_AFTER_ALL = Kind.GIVEN_AFTER_ALL.value
# Of offers: each says by itself what a person does about it.
CODES = frozenset(
    {"unknown-seen", "not-landed", "landed-unnamed"}
    | {kind.value for kind in Kind} - {Kind.NOTHING, Kind.COMMITTED, Kind.LANDED}
)
LOOK = "Look at what Punchh's dashboard shows of"


@dataclass(frozen=True, slots=True)
class CanaryNote:
    """A configured canary as last met. Instants are aware, in UTC.

    `looked_at` is when its account was last asked for, `trouble` what was wrong then (None:
    nothing), `refused_key` the fingerprint of a token that was refused. `misnamed` says what is
    wrong with its segment's name; `member` whether it was in that segment at `member_at`, None
    where that is not known.
    """

    name: str
    segment: str = ""
    looked_at: datetime | None = None
    trouble: str | None = None
    refused_key: str | None = None
    misnamed: str | None = None
    member: bool | None = None
    member_at: datetime | None = None


def given_after_all(campaigns: Sequence[int]) -> Reason:
    """Say why an offer that waits is held: what it would give was given already."""
    known = " and ".join(map(str, campaigns))
    return Reason(
        GIVEN_AFTER_ALL,
        f"gifts of campaign {known} landed, which this offer or the one before it made: guests "
        "have it",
        "Look in Punchh; if guests should get it again, `connector ledger approve ID --reason …`",
    )


def told(row: Distribution, evidence: Evidence) -> Reason | None:
    """Return what the evidence wants a person to know of an offer; None if nothing."""
    finding = judge(row, evidence.heard)
    doubt = _DOUBTS.get(finding.kind)
    if doubt is not None:
        return doubt(row, finding, evidence)
    seen = [one for one in evidence.sightings if one.seen_at is not None]
    if seen and row.recommitted_as is not None:
        return _cancelled(row, row.campaign_id)
    if row.state is State.UNKNOWN:
        return _candidates(row, evidence.sightings)
    if row.state is State.COMMITTED and row.recommitted_as is None:
        missing = [one for one in evidence.sightings if one.looked_at >= one.due_at]
        if missing and evidence.landed_at(row) is None:
            return _not_landed(row, missing[0])
    return None


def _two(row: Distribution, finding: Finding, _evidence: Evidence) -> Reason:
    both = " and ".join(map(str, finding.campaigns))
    return Reason(
        "two-campaigns",
        f"Punchh's webhook told of gifts of {len(finding.campaigns)} campaigns for this one offer "
        f"({both}): guests may have it twice",
        f"{LOOK} {both}; stop what still runs there{_resolve(row)}",
    )


def _anothers(row: Distribution, finding: Finding, evidence: Evidence) -> Reason:
    other = next(one.stands_on for one in evidence.heard if one.stands_on)
    return Reason(
        "anothers-campaign",
        f"Punchh's webhook told of campaign {finding.campaigns[0]} by this offer's mark, and that "
        f"campaign stands on {other} already",
        f"{LOOK} it, and compare its name with those of both offers{_resolve(row)}",
    )


def _after_all(row: Distribution, finding: Finding, _evidence: Evidence) -> Reason:
    campaign = finding.campaigns[0]
    if row.recommitted_as is not None:
        return _cancelled(row, campaign)
    return Reason(
        GIVEN_AFTER_ALL,
        f"Punchh's webhook told of gifts of campaign {campaign}, made by an attempt of this offer "
        f"that counts as not made ({row.state.value}): guests have it",
        f"{LOOK} it; the offer is not given again without a person's approval",
    )


def _cancelled(row: Distribution, campaign: int | None) -> Reason:
    return Reason(
        GIVEN_AFTER_ALL,
        f"campaign {campaign} was said to be cancelled, and its gifts landed: guests have the "
        f"offer, and {row.recommitted_as} would give it again",
        f"{LOOK} it. {row.recommitted_as} is held until you say "
        f"`connector ledger approve {row.recommitted_as} --reason …`",
    )


def _earlier(row: Distribution, finding: Finding, _evidence: Evidence) -> Reason:
    return Reason(
        "earlier-attempt",
        f"Punchh's webhook told of gifts of campaign {finding.campaigns[0]}, made by an earlier "
        "attempt that counted as not made: with the last one guests may have the offer twice",
        f"{LOOK} both, the last one's name ends in {row.external_campaign_id}; stop what still "
        f"runs there{_resolve(row)}",
    )


def _other(row: Distribution, finding: Finding, _evidence: Evidence) -> Reason:
    return Reason(
        "other-campaign",
        f"Punchh's webhook told of gifts of campaign {finding.campaigns[0]} by this offer's mark, "
        f"and the ledger holds it as campaign {row.campaign_id}",
        f"{LOOK} both: two campaigns would be two gifts; one that only has two numbers is fine",
    )


_DOUBTS = {
    Kind.TWO_CAMPAIGNS: _two,
    Kind.ANOTHERS: _anothers,
    Kind.GIVEN_AFTER_ALL: _after_all,
    Kind.EARLIER_ATTEMPT: _earlier,
    Kind.OTHER_CAMPAIGN: _other,
}


def _resolve(row: Distribution) -> str:
    if row.state is not State.UNKNOWN:
        return ""
    return f"; then `connector ledger resolve {row.id} --committed CAMPAIGN_ID --reason …`"


def _candidates(row: Distribution, sightings: tuple[Sighting, ...]) -> Reason | None:
    """Tell of gifts on a canary that may be an unknown's: only a person can say whose they are."""
    found = [one for one in sightings if one.campaigns]
    if not found:
        return None
    commands = " or ".join(
        f"`connector ledger resolve {row.id} --committed {campaign} --reason …`"
        for campaign in sorted({campaign for one in found for campaign in one.campaigns})
    )
    names = ", ".join(one.canary for one in found)
    return Reason(
        "unknown-seen",
        f"{row.reason.sentence}; canary {names} holds such a gift since, of a campaign that "
        "stands on no other offer",
        f"Look in Punchh whether that campaign's name ends in {row.external_campaign_id}; "
        f"if so: {commands}",
    )


def _not_landed(row: Distribution, missing: Sighting) -> Reason:
    if missing.campaigns:
        others = ", ".join(map(str, missing.campaigns))
        return Reason(
            "landed-unnamed",
            f"canary {missing.canary} holds such a gift, but of campaign {others} instead of "
            f"{row.campaign_id}",
            f"{LOOK} both. If it is one campaign with two numbers, guests have the offer",
        )
    return Reason(
        "not-landed",
        f"canary {missing.canary} did not get the gift of campaign {row.campaign_id} by "
        f"{instant(missing.due_at)}",
        f"Look in Punchh whether that campaign runs; its name ends in {row.external_campaign_id}",
    )


def stray(heard: Heard) -> Reason:
    """Tell of a campaign that bears a mark of ours which no attempt of this ledger bears."""
    return Reason(
        "stray-campaign",
        f"Punchh's webhook told of gifts of campaign {heard.campaign_id}, whose name ends in "
        f"{heard.mark}, and this ledger knows of no such attempt",
        "Was the ledger restored from an older copy, or does another one commit for this "
        "business? Look in Punchh what that campaign gave, before more is committed",
    )


def of_canary(note: CanaryNote) -> Reason | None:
    """Return what of a canary wants an operator; None if nothing."""
    silent = unanswered(note) if note.misnamed is None else None
    return silent or misplaced(note)


def unanswered(note: CanaryNote) -> Reason | None:
    """Say why a canary's account could not be read; None if it could."""
    if note.trouble is None:
        return None
    step = "Mend it, or take the canary out"
    if note.refused_key is not None:
        step = "It is left alone until that, or another of its settings, changes"
    return Reason("canary-unread", note.trouble, step)


def misplaced(note: CanaryNote) -> Reason | None:
    """Say why a canary proves nothing, whatever its account holds; None if it may."""
    of = f"punchh.canaries.{note.name}"
    if note.misnamed is not None:
        return Reason(
            "canary-misnamed", note.misnamed, f"Correct {of}.segment, or the name in Punchh"
        )
    if note.member is False:
        return Reason(
            "canary-outside",
            f"canary {note.name} is not in segment “{note.segment}”, so it proves nothing",
            "Put it in there in Punchh, which takes a moment to show, or correct "
            f"{of}.segment or .email",
        )
    return None
