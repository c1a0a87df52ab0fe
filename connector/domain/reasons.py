"""Why things are as they are, in words for the person who has to act.

Every sentence that a decision makes stands here, so that tone and terms stay one.
A failure's sentence stands in `connector.errors`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FEW = 10  # of the names or ids that a sentence lists


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code for scripts, a sentence for people, and what to do next ("" if nothing)."""

    code: str
    sentence: str
    next_step: str = ""

    def __str__(self) -> str:
        return f"{self.sentence}. {self.next_step}." if self.next_step else f"{self.sentence}."

    def of(self, id: str) -> str:
        """Return both sentences, with the commands in them made out to one row's id."""
        return str(self).replace(" ID ", f" {id} ")


def instant(moment: datetime) -> str:
    """Spell an aware instant for a sentence: to the minute, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def span(length: timedelta) -> str:
    """Spell a duration as people type it in the settings: `2h`, `1h30m`, `45s`."""
    seconds = int(length.total_seconds())
    if seconds < 0:
        return "-" + span(-length)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"


def still_queued(begin: datetime, end: datetime) -> str:
    """Say that an edit came too late for what was queued already."""
    return (
        f"messages queued for its time of before still go, from {instant(begin)} to {instant(end)}"
    )


def few(texts: Sequence[str]) -> list[str]:
    """Return the first of very many texts, and a mark that there are more."""
    return [*texts[:FEW], *(["…"] if len(texts) > FEW else [])]


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


# --- what the rules say of a send ------------------------------------------------------------


UNMAPPED_WITH_PROBLEM = "unmapped-with-problem"
AUDIENCE_UNSEEN = "audience-unseen"  # the code of a problem: its source does not show its audience


def claimed(rule: str) -> Reason:
    return Reason("claimed", f"claimed by rule {rule}")


def ignored(rule: str, why: str) -> Reason:
    return Reason("ignored", f"rule {rule} says to skip it: {why}")


def unmapped(audiences: Sequence[str], problem: Reason | None = None) -> Reason:
    """Say that no rule claims a send, and first what is wrong with its row: it may be why."""
    if problem is not None:
        named = f", though it names the audience {quoted(audiences)}" if audiences else ""
        return Reason(
            UNMAPPED_WITH_PROBLEM,
            f"{problem.sentence}, and no rule claims the send{named}",
            f"{problem.next_step}; then add a rule if it should bring an offer",
        )
    if audiences:
        return Reason(
            "unmapped-with-audience",
            f"no rule claims it, though it names the audience {quoted(audiences)}",
            "Add a rule for it (`connector mappings suggest` writes one), or one with `ignore:`",
        )
    return Reason("unmapped", "no rule claims it", "Add a rule if it should bring an offer")


# --- blocked ---------------------------------------------------------------------------------


def no_audience() -> Reason:
    return Reason(
        "no-audience",
        "the send names no audience, and the rule names no segment",
        "Tag the send with its audience, or give the rule a `segment:`",
    )


def audience_not_matched(pattern: str, audiences: Sequence[str]) -> Reason:
    return Reason(
        "audience-not-matched",
        f"none of the send's audiences ({quoted(audiences)}) fits the rule's audience “{pattern}”",
        "Check `audience:` in the rule",
    )


def no_such(noun: str, wanted: str, near: Sequence[str]) -> Reason:
    hint = f"Did you mean {quoted(near)}? " if near else ""
    return Reason(
        f"no-{noun}",
        f"Punchh has no {noun} named “{wanted}”",
        f"{hint}Correct the name in the source, the mapping or Punchh",
    )


def unread_rows(noun: str, wanted: str, rows: Sequence[str]) -> Reason:
    """Say that a name may be that of rows that could not be read as well, or of them alone."""
    key = "{id: …}" if noun == "segment" else "{uuid: …}"
    count = f"{len(rows)} {noun}s" if len(rows) > 1 else f"a {noun}"
    return Reason(
        f"unread-{noun}",
        f"Punchh's list has {count} that cannot be read and may be “{wanted}”: {rows[0]}",
        f"Correct its name in Punchh, or name the right {noun} in the rule as `{noun}: {key}`",
    )


def several_such(noun: str, wanted: str, ids: Sequence[str]) -> Reason:
    key = "{id: …}" if noun == "segment" else "{uuid: …}"
    return Reason(
        f"several-{noun}s",
        f"Punchh has {len(ids)} {noun}s named “{wanted}” ({', '.join(few(ids))})",
        f"Rename all but one in Punchh, or name it in the rule as `{noun}: {key}`",
    )


def no_time() -> Reason:
    return Reason(
        "no-time", "the source gives no time for this send", "Look at its schedule in the source"
    )


# --- held ------------------------------------------------------------------------------------


REHEARSAL = "rehearsal"


def rehearsal() -> Reason:
    return Reason(
        REHEARSAL,
        "rehearsal: it would be committed now",
        "`connector live` ends the rehearsal",
    )


def before_live() -> Reason:
    return Reason(
        "before-live",
        "its commit window opened before this ledger went live: the offer may have been given "
        "before this ledger existed",
        "Look in Punchh; if it was not given, `connector ledger approve ID --reason …`",
    )


def approval_required(rule: str) -> Reason:
    return Reason(
        "approval",
        f"rule {rule} wants a person's approval",
        "`connector ledger approve ID --reason …`",
    )


def max_guests_unknown(limit: int) -> Reason:
    return Reason(
        "max-guests",
        f"the rule allows at most {limit} guests, and punchh.segment_count_path is not set",
        "Set it, or `connector ledger approve ID --reason …`",
    )


GUESTS_UNASKED = "guests-unasked"


def guests_hold(guests: int | Reason | None, limit: int) -> Reason | None:
    """Return why a segment's size holds a rule with `max_guests`: too large, zero, or unknown."""
    match guests:
        case None:
            return Reason(GUESTS_UNASKED, "the segment's size has not been asked yet")
        case Reason():
            told = f"the rule allows at most {limit} guests, and the segment's size is not known"
            return Reason("guests-unread", f"{told}: {guests.sentence}", _LIFT_GUESTS)
        case 0:
            told = "Punchh counts no guest in the segment: it may still be filling"
            return Reason("no-guests", told, _LIFT_GUESTS)
        case _ if guests > limit:
            told = f"the segment has {guests} guests, and the rule allows at most {limit}"
            return Reason("too-many-guests", told, _LIFT_GUESTS)
    return None


_LIFT_GUESTS = "Look at the segment; if it is right, `connector ledger approve ID --reason …`"


def several_segments(redeemable: str, segments: Sequence[str]) -> Reason:
    return Reason(
        "several-segments",
        f"“{redeemable}” would go to {len(segments)} segments of one send ({quoted(segments)}); "
        "guests in both would get two",
        "Say `several: each` in the rule if that is meant, or name one segment",
    )


SAME_OFFER = "same-offer"


def same_offer_twice(other_send: str, other_id: str, gap: timedelta) -> Reason:
    return Reason(
        SAME_OFFER,
        f"the same segment gets the same offer with “{other_send}” ({other_id}) "
        f"less than {span(gap)} apart",
        "If guests should get it twice, `connector ledger approve ID --reason …`, or say "
        "`repeat: allow` in the rule",
    )


def set_closed() -> Reason:
    return Reason(
        "set-closed",
        "an offer for this send has already gone out, and this one was not part of it then",
        "If guests should get this too: `connector ledger approve ID --reason …`",
    )


def recommit_changed() -> Reason:
    """Say why a row opened by `recommit` waits for another word of a person."""
    return Reason(
        "set-closed",
        "an offer for this send was committed before; it had started, or the send or its offer "
        "changed, since a person said that it was cancelled in Punchh",
        "If no guest got it: `connector ledger approve ID --reason …`",
    )


CAP_PER_CYCLE, CAP_PER_DAY = "cap-per-cycle", "cap-per-day"
CAPS = frozenset({CAP_PER_CYCLE, CAP_PER_DAY})
_LIFT_CAP = (
    "Check that they are meant, then `connector ledger approve --held-by cap --reason …`; "
    "raise the setting if so many are usual"
)


def cap_per_cycle(wanted: int, cap: int) -> Reason:
    return Reason(
        CAP_PER_CYCLE,
        f"{wanted} commits at once are more than safety.max_commits_per_cycle = {cap} allows; "
        "none was made",
        _LIFT_CAP,
    )


def cap_per_day(cap: int) -> Reason:
    return Reason(
        CAP_PER_DAY,
        f"it would be more than safety.max_commits_per_day = {cap} allows within 24 hours",
        _LIFT_CAP,
    )


def unclear(before: datetime | None, now: datetime | None) -> Reason:
    """Name both readings of a send of which nobody can say whether it moved or fired."""
    seen = instant(before) if before else "no time"
    sees = instant(now) if now else "no time"
    return Reason(
        "unclear",
        f"the send was seen for {seen} and now for {sees}, and nobody watched in between: "
        "it may be the one that already got its offer, moved, or a new one",
        "Look in the source; if it is a new one, `connector ledger approve ID --reason …`",
    )


# --- pauses, and remotes that are left alone ------------------------------------------------------


def paused(of: str, who: str, why: str, until: datetime | None, arguments: str) -> Reason:
    """Name the pause of something; `arguments` stand after `connector resume`, which ends it."""
    end = f"until {instant(until)}" if until else "until it is resumed"
    return Reason(
        "paused",
        f"{who} paused {of} {end}: {why}",
        f"`connector resume{arguments} --reason …`",
    )


def left_alone(remote: str, since: datetime, why: str, until: datetime | None) -> Reason:
    """Say why a remote is not called; without `until` only a person or another key changes it."""
    end = f"until {instant(until)}" if until else "until its key or settings change"
    return Reason(
        "left-alone",
        f"{remote} is left alone {end}, since {instant(since)}: {why}",
        f"Mend the cause; `connector resume {_resumed(remote)} --reason …` asks it again at once",
    )


def catalog_shrunken(noun: str, before: int, now: int) -> Reason:
    return Reason(
        "catalog-shrunken",
        f"Punchh showed {now} {noun} where it had {before}, so its lists are not used",
        "Look in Punchh whether that is right; if so, `connector resume punchh --reason …`",
    )


def source_shrunken(source: str, since: datetime) -> Reason:
    """Say in one line that a source's list lost too much to be believed."""
    return Reason(
        "shrunken",
        f"since {instant(since)} more than half of the coming sends are missing from {source}; "
        "what is missing is neither committed nor withdrawn",
        _CONFIRM_LOSS.format(source),
    )


_CONFIRM_LOSS = (
    "Look in the source; if they were really cancelled, `connector resume --source {} --reason …`"
)


def _resumed(remote: str) -> str:
    return remote if remote == "punchh" else f"--source {remote}"


# --- sources, mappings, withdrawn ----------------------------------------------------------------


def stale(source: str, last_good: datetime | None) -> Reason:
    told = f"since {instant(last_good)}" if last_good else "yet"
    return Reason(
        "stale",
        f"the source {source} could not be read {told}, so nothing of it is committed",
        "`connector status` says why",
    )


def unread(remote: str, last_good: datetime | None, trouble: str | None) -> Reason:
    """Say that a remote could not be read for so long that nothing is committed by it."""
    told = f"since {instant(last_good)}" if last_good else "yet"
    why = f": {trouble}" if trouble else ""
    return Reason("unread", f"{remote} could not be read {told}{why}", "Mend the cause")


def kind_left_out(source: str, kind: str, rules: Sequence[str]) -> Reason:
    some = ", ".join(rules[:3]) + (f" and {len(rules) - 3} more" if len(rules) > 3 else "")
    return Reason(
        "kind-left-out",
        f"sends of the kind {kind} are not read: {source} does not show them, and rules may wait "
        f"for one ({some})",
        "`connector doctor` says why; if none is to come, say so by `kind:` in these rules",
    )


def draft_pending() -> Reason:
    return Reason(
        "draft-pending",
        "a draft of changes to this send waits in its source, and shows there only when launched; "
        "its offer goes by the send as it is now",
        "Launch the draft or throw it away before the offer is committed",
    )


def cycle_failing(since: datetime, trouble: str) -> Reason:
    """Say that cycle after cycle fails, whatever its cause."""
    return Reason(
        "cycle-failing",
        f"each cycle of the worker since {instant(since)} has failed: {trouble}",
        "The log says more (`cycle.failed`). Nothing is committed until a cycle comes to its end",
    )


def worker_silent(since: datetime) -> Reason:
    return Reason(
        "worker-silent",
        f"no worker has asked anybody since {instant(since)}",
        "See whether `connector run` is running, and what its log says",
    )


def mappings_invalid(problems: Sequence[str]) -> Reason:
    return Reason(
        "mappings-invalid",
        f"{problems[0]} ({len(problems)} in all); the set accepted last stays in force",
        "`connector mappings check` names them",
    )


def not_seen(source: str) -> Reason:
    return Reason("not-seen", f"the last reading of {source} did not show this send; looking again")


def shrunken(source: str, lost: int, of: int) -> Reason:
    return Reason(
        "shrunken",
        f"{lost} of {of} coming sends vanished from {source} at once; "
        "until they are back, they are neither committed nor withdrawn",
        _CONFIRM_LOSS.format(source),
    )


def cancelled() -> Reason:
    return Reason("cancelled", "the send was cancelled in the source")


def ended() -> Reason:
    """Say that a send is over of which nobody ever knew when it would fire."""
    return Reason("ended", "its source shows the send no more, and never said when it would fire")


def rule_gone() -> Reason:
    return Reason("rule-gone", "no rule asks for this offer any more")


def duplicate_of(other: str) -> Reason:
    return Reason("duplicate", f"the same segment and redeemable as {other} of the same send")
