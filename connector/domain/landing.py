"""What wants a person about gifts that landed, or did not: told from the evidence alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.domain.distribution import Distribution, State
from connector.domain.evidence import Evidence, Finding, Heard, Kind, Sighting, judge
from connector.domain.reasons import Reason, reason

GIVEN_AFTER_ALL = Kind.GIVEN_AFTER_ALL.value
# Of offers: each says by itself what a person does about it.
CODES = frozenset(
    {"unknown-seen", "not-landed", "landed-unnamed"}
    | {kind.value for kind in Kind} - {Kind.NOTHING, Kind.COMMITTED, Kind.LANDED}
)


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
    trouble: Reason | None = None
    refused_key: str | None = None
    misnamed: Reason | None = None
    member: bool | None = None
    member_at: datetime | None = None


def given_after_all(campaigns: Sequence[int]) -> Reason:
    """Say why an offer that waits is held: what it would give was given already."""
    return reason(f"{GIVEN_AFTER_ALL}/held", campaigns=tuple(campaigns))


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
    return reason(_open("two-campaigns", row), id=row.id, campaigns=finding.campaigns)


def _anothers(row: Distribution, finding: Finding, evidence: Evidence) -> Reason:
    other = next(one.stands_on for one in evidence.heard if one.stands_on)
    return reason(
        _open("anothers-campaign", row), id=row.id, campaign=finding.campaigns[0], other=other
    )


def _after_all(row: Distribution, finding: Finding, _evidence: Evidence) -> Reason:
    campaign = finding.campaigns[0]
    if row.recommitted_as is not None:
        return _cancelled(row, campaign)
    return reason(GIVEN_AFTER_ALL, campaign=campaign, state=row.state.value)


def _cancelled(row: Distribution, campaign: int | None) -> Reason:
    return reason(f"{GIVEN_AFTER_ALL}/cancelled", campaign=campaign, again=row.recommitted_as)


def _earlier(row: Distribution, finding: Finding, _evidence: Evidence) -> Reason:
    return reason(
        _open("earlier-attempt", row),
        id=row.id,
        campaign=finding.campaigns[0],
        mark=row.external_campaign_id,
    )


def _other(row: Distribution, finding: Finding, _evidence: Evidence) -> Reason:
    return reason("other-campaign", campaign=finding.campaigns[0], held=row.campaign_id)


_DOUBTS = {
    Kind.TWO_CAMPAIGNS: _two,
    Kind.ANOTHERS: _anothers,
    Kind.GIVEN_AFTER_ALL: _after_all,
    Kind.EARLIER_ATTEMPT: _earlier,
    Kind.OTHER_CAMPAIGN: _other,
}


def _open(code: str, row: Distribution) -> str:
    """Return the key of the text that also says how to resolve an unknown."""
    return f"{code}/unknown" if row.state is State.UNKNOWN else code


def _candidates(row: Distribution, sightings: tuple[Sighting, ...]) -> Reason | None:
    """Tell of gifts on a canary that may be an unknown's: only a person can say whose they are."""
    found = [one for one in sightings if one.campaigns]
    if not found:
        return None
    campaigns = sorted({campaign for one in found for campaign in one.campaigns})
    return reason(
        "unknown-seen",
        id=row.id,
        why=row.reason,
        canaries=tuple(one.canary for one in found),
        campaigns=tuple(campaigns),
        mark=row.external_campaign_id,
    )


def _not_landed(row: Distribution, missing: Sighting) -> Reason:
    if missing.campaigns:
        return reason(
            "landed-unnamed",
            canary=missing.canary,
            others=missing.campaigns,
            campaign=row.campaign_id,
        )
    return reason(
        "not-landed",
        canary=missing.canary,
        campaign=row.campaign_id,
        due=missing.due_at,
        mark=row.external_campaign_id,
    )


def stray(heard: Heard) -> Reason:
    """Tell of a campaign that bears a mark of ours which no attempt of this ledger bears."""
    return reason("stray-campaign", campaign=heard.campaign_id, mark=heard.mark)


def of_canary(note: CanaryNote) -> Reason | None:
    """Return what of a canary wants an operator; None if nothing."""
    silent = unanswered(note) if note.misnamed is None else None
    return silent or misplaced(note)


def unanswered(note: CanaryNote) -> Reason | None:
    """Say why a canary's account could not be read; None if it could."""
    if note.trouble is None:
        return None
    key = "canary-unread" if note.refused_key is None else "canary-unread/refused"
    return reason(key, canary=note.name, why=note.trouble)


def misplaced(note: CanaryNote) -> Reason | None:
    """Say why a canary proves nothing, whatever its account holds; None if it may."""
    if note.misnamed is not None:
        return note.misnamed
    if note.member is False:
        return reason("canary-outside", canary=note.name, segment=note.segment)
    return None
