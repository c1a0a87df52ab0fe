"""Why things are as they are, as data: a stable code, and the facts that a sentence is made of.

`connector.render.texts` puts a reason into words, in the business's zone; nothing ever reads those
words. A failure's reason is made where it is known and carried by an error (`connector.errors`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

# What a sentence can be made of. Instants are aware, in UTC; a text may come from outside.
Param: TypeAlias = (
    "str | int | datetime | timedelta | tuple[str, ...] | tuple[int, ...] | Reason | None"
)

FEW = 10  # of the names or ids that a sentence lists


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code for scripts and the facts of the case, by name.

    `variant` tells apart several sentences of one code; `""` where there is only one.
    """

    code: str
    params: tuple[tuple[str, Param], ...] = ()
    variant: str = ""

    @property
    def key(self) -> str:
        """Return what its text is found by: `code`, or `code/variant`."""
        return f"{self.code}/{self.variant}" if self.variant else self.code

    @property
    def facts(self) -> Mapping[str, Param]:
        return dict(self.params)


def reason(key: str, /, **params: Param) -> Reason:
    """Make a reason of a text's key (`code` or `code/variant`) and its facts."""
    code, _, variant = key.partition("/")
    return Reason(code, tuple(sorted(params.items())), variant)


def few(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the first of very many texts, and a mark that there are more."""
    return (*texts[:FEW], *(("…",) if len(texts) > FEW else ()))


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


def nested(found: Reason) -> Iterator[Reason]:
    """Give a reason and all reasons among its facts."""
    yield found
    for _, value in found.params:
        if isinstance(value, Reason):
            yield from nested(value)


# --- what the rules say of a send ------------------------------------------------------------


UNMAPPED_WITH_PROBLEM = "unmapped-with-problem"
AUDIENCE_UNSEEN = "audience-unseen"  # the code of a problem: its source does not show its audience


def claimed(rule: str) -> Reason:
    return reason("claimed", rule=rule)


def ignored(rule: str, why: str) -> Reason:
    return reason("ignored", rule=rule, why=why)


def unmapped(audiences: Sequence[str], problem: Reason | None = None) -> Reason:
    """Say that no rule claims a send, and first what is wrong with its row: it may be why."""
    if problem is not None:
        return reason(UNMAPPED_WITH_PROBLEM, problem=problem, audiences=tuple(audiences) or None)
    if audiences:
        return reason("unmapped-with-audience", audiences=tuple(audiences))
    return reason("unmapped")


# --- blocked ---------------------------------------------------------------------------------


def no_audience() -> Reason:
    return reason("no-audience")


def no_such(noun: str, wanted: str, near: Sequence[str]) -> Reason:
    """Say that Punchh has no segment or redeemable (`noun`) of a name, and which are near."""
    if near:
        return reason(f"no-{noun}/near", wanted=wanted, near=tuple(near))
    return reason(f"no-{noun}", wanted=wanted)


def unread_rows(noun: str, wanted: str, rows: Sequence[str]) -> Reason:
    """Say that a name may be that of rows that could not be read as well, or of them alone."""
    facts = {"wanted": wanted, "first": rows[0]}
    if len(rows) > 1:
        return reason(f"unread-{noun}/several", count=len(rows), **facts)
    return reason(f"unread-{noun}", **facts)


def several_such(noun: str, wanted: str, ids: Sequence[str]) -> Reason:
    return reason(f"several-{noun}s", wanted=wanted, ids=few(ids), count=len(ids))


def no_time() -> Reason:
    return reason("no-time")


# --- held ------------------------------------------------------------------------------------


REHEARSAL = "rehearsal"


def rehearsal() -> Reason:
    return reason(REHEARSAL)


def before_live() -> Reason:
    return reason("before-live")


def approval_required(rule: str) -> Reason:
    return reason("approval", rule=rule)


def max_guests_unknown(limit: int) -> Reason:
    return reason("max-guests", limit=limit)


GUESTS_UNASKED = "guests-unasked"


def guests_hold(guests: int | Reason | None, limit: int) -> Reason | None:
    """Return why a segment's size holds a rule with `max_guests`: too large, zero, or unknown."""
    match guests:
        case None:
            return reason(GUESTS_UNASKED)
        case Reason():
            return reason("guests-unread", limit=limit, why=guests)
        case 0:
            return reason("no-guests")
        case _ if guests > limit:
            return reason("too-many-guests", guests=guests, limit=limit)
    return None


def several_segments(redeemable: str, segments: Sequence[str]) -> Reason:
    return reason("several-segments/of-one-send", redeemable=redeemable, segments=tuple(segments))


SAME_OFFER = "same-offer"


def same_offer_twice(other_send: str, other_id: str, gap: timedelta) -> Reason:
    return reason(SAME_OFFER, other_send=other_send, other_id=other_id, gap=gap)


def set_closed() -> Reason:
    return reason("set-closed")


def recommit_changed() -> Reason:
    """Say why a row opened by `recommit` waits for another word of a person."""
    return reason("set-closed/recommitted")


CAP_PER_CYCLE, CAP_PER_DAY = "cap-per-cycle", "cap-per-day"
CAPS = frozenset({CAP_PER_CYCLE, CAP_PER_DAY})


def cap_per_cycle(wanted: int, cap: int) -> Reason:
    return reason(CAP_PER_CYCLE, wanted=wanted, cap=cap)


def cap_per_day(cap: int) -> Reason:
    return reason(CAP_PER_DAY, cap=cap)


def unclear(before: datetime | None, now: datetime | None) -> Reason:
    """Name both readings of a send of which nobody can say whether it moved or fired."""
    return reason("unclear", before=before, now=now)


# --- pauses, and remotes that are left alone ------------------------------------------------------


def paused(of: str, who: str, why: str, until: datetime | None, arguments: str) -> Reason:
    """Name the pause of something; `arguments` stand after `connector resume`, which ends it."""
    if until is None:
        return reason("paused/for-good", of=of, who=who, why=why, arguments=arguments)
    return reason("paused", of=of, who=who, why=why, until=until, arguments=arguments)


def left_alone(remote: str, since: datetime, why: Reason, until: datetime | None) -> Reason:
    """Say why a remote is not called; without `until` only a person or another key changes it."""
    resumed = remote if remote == "punchh" else f"--source {remote}"
    if until is None:
        return reason("left-alone/for-good", remote=remote, since=since, why=why, resumed=resumed)
    return reason("left-alone", remote=remote, since=since, why=why, until=until, resumed=resumed)


def catalog_shrunken(noun: str, before: int, now: int) -> Reason:
    return reason("catalog-shrunken", noun=noun, before=before, now=now)


def source_shrunken(source: str, since: datetime) -> Reason:
    """Say in one line that a source's list lost too much to be believed."""
    return reason("shrunken/since", source=source, since=since)


# --- sources, mappings, withdrawn ----------------------------------------------------------------


def stale(source: str, last_good: datetime | None) -> Reason:
    if last_good is None:
        return reason("stale/never", source=source)
    return reason("stale", source=source, since=last_good)


def unread(remote: str, last_good: datetime | None, trouble: Reason | None) -> Reason:
    """Say that a remote could not be read for so long that nothing is committed by it."""
    if last_good is None:
        return reason("unread/never", remote=remote, trouble=trouble)
    return reason("unread", remote=remote, since=last_good, trouble=trouble)


def draft_pending() -> Reason:
    return reason("draft-pending")


def worker_silent(since: datetime) -> Reason:
    return reason("worker-silent", since=since)


def mappings_invalid(problems: Sequence[str]) -> Reason:
    return reason("mappings-invalid", first=problems[0], count=len(problems))


def not_seen(source: str) -> Reason:
    return reason("not-seen", source=source)


def shrunken(source: str, lost: int, of: int) -> Reason:
    return reason("shrunken", source=source, lost=lost, of=of)


def cancelled() -> Reason:
    return reason("cancelled")


def rule_gone() -> Reason:
    return reason("rule-gone")


def duplicate_of(other: str) -> Reason:
    return reason("duplicate", other=other)
