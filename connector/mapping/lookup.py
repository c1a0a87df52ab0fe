"""What the rules say, held against what Punchh and the sources hold at this moment."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from connector.domain import resolve
from connector.domain.findings import Code, Finding, Place, Severity
from connector.domain.names import Names, normalise
from connector.domain.offer import Catalog, Redeemable, UnreadRow
from connector.domain.reasons import Reason, few
from connector.domain.rules import RedeemableUuid, SegmentId
from connector.domain.send import Send
from connector.mapping import claims
from connector.mapping.checks import Written, rules_of, translations_of
from connector.mapping.claims import Say
from connector.mapping.hints import alike
from connector.mapping.lint import CHOOSE
from connector.mapping.load import Reading
from connector.mapping.places import Path, Plain, Problem


def in_code(reason: Reason) -> tuple[str, str]:
    """Say a reason by its code alone."""
    return reason.code, ""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the remotes hold. `catalog` is None where Punchh could not be read.

    `sends` are those of the sources that could be read, `whole` says whether that is all of them.
    `refused` tells by its uuid why Punchh last refused a redeemable, as far as it is known: its
    list does not say which have ended (facts: punchh §3). `say` puts a reason into words: the
    sentence, and what to do.
    """

    catalog: Catalog | None
    sends: Sequence[Send] = ()
    whole: bool = True
    refused: Mapping[str, str] = field(default_factory=dict)
    say: Say = in_code


def look_up(reading: Reading, outside: Outside) -> Iterator[Finding]:
    """Find names that Punchh does not have, audiences without a segment, and idle rules.

    And what is wrong with the sends themselves. Where a file is not YAML, its translations are not
    known: no name is looked up then.
    """
    yield from claims.problems(outside.sends, outside.say)
    if any(file.tree.value is None for file in reading.files):
        return
    if outside.catalog is not None:
        yield from _names(reading.files, outside.catalog, outside.refused)
    if reading.accepted is not None:
        made = claims.claims(reading, outside.sends)
        if outside.catalog is not None:
            yield from claims.audiences(made, outside.catalog)
        if outside.whole:
            yield from claims.idle_rules(made)
            yield from claims.idle_translations(made)


_BY_ID = "look it up in Punchh, or write the name instead"

# --- names ------------------------------------------------------------------------------------


def _names(
    files: Sequence[Written], catalog: Catalog, refused: Mapping[str, str]
) -> Iterator[Finding]:
    translated = {normalise(one) for file in files for one, _ in translations_of(file.tree)}
    for file in files:
        for audience, name in translations_of(file.tree):
            place = file.tree.place(("segments", audience))
            yield from map(file.found, _segment(place, name, catalog, " in the rules"))
        for path, rule in rules_of(file.tree):
            for at, wanted in _wanted((*path, "segment"), rule.get("segment"), SegmentId):
                if isinstance(wanted, str) and normalise(wanted) in translated:
                    continue
                yield from map(file.found, _segment(file.tree.place(at), wanted, catalog))
            for at, offer in _wanted((*path, "redeemable"), rule.get("redeemable"), RedeemableUuid):
                place = file.tree.place(at)
                yield from map(file.found, _redeemable(place, offer, catalog, refused))


_Ref = TypeVar("_Ref", SegmentId, RedeemableUuid)


def _wanted(path: Path, value: Plain | None, kind: type[_Ref]) -> Iterator[tuple[Path, str | _Ref]]:
    """Return every well-formed name or id that stands at a key: one, or those of a list."""
    items = enumerate(value) if isinstance(value, list) else [(None, value)]
    for index, item in items:
        at = path if index is None else (*path, index)
        if isinstance(item, str) and item.strip() and item != CHOOSE:
            yield at, item
        elif isinstance(item, dict):
            with suppress(ValidationError):
                yield at, kind.model_validate(item)


def _segment(
    place: Place, wanted: str | SegmentId, catalog: Catalog, where: str = ""
) -> Iterator[Problem]:
    unread = resolve.unread_segments(wanted, catalog)
    match resolve.segments(wanted, catalog):
        case (_,) | () if unread:
            yield _unread(place, "segment", resolve.shown(wanted), unread)
        case ():
            names = catalog.segment_names
            yield _missing(place, Code.NO_SEGMENT, "segment", wanted, names)
        case (_, _, *_) as several:
            ids = [f"{{id: {one.segment_id}}}" for one in several]
            yield _several(place, "segment", several[0].name, ids, where)


def _redeemable(
    place: Place, wanted: str | RedeemableUuid, catalog: Catalog, refused: Mapping[str, str]
) -> Iterator[Problem]:
    unread = resolve.unread_redeemables(wanted, catalog)
    match resolve.redeemables(wanted, catalog):
        case (_,) | () if unread:
            yield _unread(place, "redeemable", resolve.shown(wanted), unread)
        case ():
            names = catalog.redeemable_names
            yield _missing(place, Code.NO_REDEEMABLE, "redeemable", wanted, names)
        case (Redeemable(redeemable_uuid=uuid, name=name),):
            if uuid in refused:
                message = f"Punchh refused “{name}” {refused[uuid]}"
                fix = "renew it in Punchh, or name another redeemable"
                yield Problem(place, Code.REFUSED, message, fix=fix, severity=Severity.WARNING)
        case several:
            ids = [f"{{uuid: {one.redeemable_uuid}}}" for one in several]
            yield _several(place, "redeemable", several[0].name, ids)


def _missing(
    place: Place,
    code: Code,
    noun: str,
    wanted: str | SegmentId | RedeemableUuid,
    names: Names,
) -> Problem:
    match wanted:
        case SegmentId(id=number):
            return Problem(place, code, f"Punchh has no segment with the id {number}", fix=_BY_ID)
        case RedeemableUuid(uuid=uuid):
            message = f"Punchh has no redeemable with the uuid {uuid}"
            return Problem(place, code, message, fix=_BY_ID)
    wild = 'Only "match" takes * and ? for wildcards' if {"*", "?"} & set(wanted) else ""
    message = f"Punchh has no {noun} named “{wanted}”"
    return Problem(place, code, message, fix=alike(wanted, names, wild))


def _unread(place: Place, noun: str, wanted: str | None, rows: Sequence[UnreadRow]) -> Problem:
    message = f"Punchh's list has a {noun} that cannot be read and may be “{wanted}”"
    key = "{id: …}" if noun == "segment" else "{uuid: …}"
    fix = f"correct it in Punchh, or write `{noun}: {key}`; its row is {rows[0].shown}"
    return Problem(place, Code.UNREAD, message, fix=fix)


def _several(place: Place, noun: str, name: str, ids: Sequence[str], where: str = "") -> Problem:
    message = f"Punchh has {len(ids)} {noun}s named “{name}”"
    one_of = " or ".join(f"`{noun}: {one}`" for one in few(ids))
    fix = f"rename all but one in Punchh, or write {one_of}{where}"
    return Problem(place, Code.SEVERAL, message, fix=fix)
