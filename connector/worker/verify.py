"""Did the gifts land? What webhooks told settles an unknown; canaries are asked after a start.

Nothing here commits, and no absence of a gift ever changes a state. At most one call that fails
or is refused is made in a round, and none in the next minutes: ten refused logins block the
address, admin calls included (facts: punchh §7).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from connector.app import Work
from connector.domain import canary as look
from connector.domain.distribution import Distribution
from connector.domain.evidence import NO_EVIDENCE, Sighting
from connector.domain.guest import Canary, Reward
from connector.domain.landing import CanaryNote
from connector.domain.offer import Catalog
from connector.errors import RemoteError
from connector.ports import Loyalty
from connector.telemetry import Event, log
from connector.worker.observe import side_by_side

Answer = TypeVar("Answer")


def settle_heard(work: Work) -> None:
    """Settle each unknown of whose own campaign a webhook told."""
    for row in work.ledger.settle_heard(at=work.clock.now()):
        log.info(Event.COMMIT_EVIDENCED, distribution=row.id, campaign_id=row.campaign_id)


def look_at_canaries(work: Work, catalog: Catalog) -> None:
    """Ask each canary of which a look is due, and keep what its account shows."""
    canaries, before = work.loyalty.canaries, work.ledger.canaries()
    now = work.clock.now()
    if not canaries and not before:
        return
    round_ = _Round(work, catalog, now, canaries)
    notes = [round_.visit(canary, before.get(name)) for name, canary in canaries.items()]
    if round_.sightings or {note.name: note for note in notes} != before:
        work.ledger.note_sightings(round_.sightings, notes)


def examine(loyalty: Loyalty, note: CanaryNote, segment_id: int, now: datetime) -> CanaryNote:
    """Return the note after asking whether the canary is in its segment, as Punchh knows it.

    RemoteError where Punchh does not tell.
    """
    return replace(note, member=loyalty.in_segment(note.name, segment_id), member_at=now)


class _Round:
    """One walk over the canaries; `sightings` is what it brings home."""

    def __init__(
        self, work: Work, catalog: Catalog, now: datetime, canaries: Mapping[str, Canary]
    ) -> None:
        self._work, self._catalog, self._now = work, catalog, now
        self._segments = {name: look.segment_of(one, catalog) for name, one in canaries.items()}
        known = {id_ for id_ in self._segments.values() if id_ is not None}
        self._rows = work.ledger.watched(known, now=now) if known else []
        self._seen = work.ledger.evidence([row.id for row in self._rows])
        failed = [
            note.looked_at
            for note in work.ledger.canaries().values()
            if note.trouble is not None and note.looked_at is not None
        ]
        self._over = bool(failed) and now < max(failed) + look.EVERY
        self.sightings: list[Sighting] = []

    def visit(self, canary: Canary, before: CanaryNote | None) -> CanaryNote:
        """Return the note on a canary after what was due of it."""
        segment_id = self._segments[canary.name]
        key = self._work.key_of(f"canary:{canary.name}")
        note = look.met(before, canary, key, self._catalog)
        if segment_id is None:
            return note
        note = self._examined(canary, note, segment_id)
        rows = [row for row in self._rows if row.segment_id == segment_id]
        if note.refused_key is None and note.member is not False and self._due(note, canary, rows):
            note = self._looked(canary, note, key, rows)
        return note

    def _examined(self, canary: Canary, note: CanaryNote, segment_id: int) -> CanaryNote:
        if self._over or not canary.checkable or not look.membership_due(note, self._now):
            return note
        loyalty, now = self._work.loyalty, self._now
        answer = self._asked(canary.name, lambda: examine(loyalty, note, segment_id, now))
        return replace(note, member_at=now) if isinstance(answer, RemoteError) else answer

    def _due(self, note: CanaryNote, canary: Canary, rows: Sequence[Distribution]) -> bool:
        if self._over or (note.looked_at and self._now < note.looked_at + look.EVERY):
            return False
        return any(
            look.look_due(row, self._last(row, canary), canary.within, self._now) for row in rows
        )

    def _last(self, row: Distribution, canary: Canary) -> Sighting | None:
        found = self._seen.get(row.id, NO_EVIDENCE).sightings
        return next((one for one in found if one.canary == canary.name), None)

    def _looked(
        self, canary: Canary, note: CanaryNote, key: str, rows: Sequence[Distribution]
    ) -> CanaryNote:
        answer = self._asked(canary.name, lambda: self._work.loyalty.rewards(canary.name))
        if isinstance(answer, RemoteError):
            return look.unread(note, answer.reason, key if answer.account else None, self._now)
        self.sightings += self._shown(canary, rows, answer)
        return replace(note, looked_at=self._now, trouble=None)

    def _shown(
        self, canary: Canary, rows: Sequence[Distribution], rewards: Sequence[Reward]
    ) -> list[Sighting]:
        """Return what an account shows of each offer that is still looked for."""
        named = {one.gifted_for_id for one in rewards if one.gifted_for_id is not None}
        taken = self._work.ledger.taken(named)
        ids = {one.redeemable_uuid: one.redeemable_id for one in self._catalog.redeemables}
        found = []
        for row in rows:
            last = self._last(row, canary)
            if last is not None and last.seen_at is not None:
                continue
            number = ids.get(row.redeemable_uuid or "")
            found.append(look.seen(row, canary, last, rewards, taken, number, self._now))
            if found[-1].seen_at is not None:
                log.info(Event.GIFT_SEEN, distribution=row.id, canary=canary.name)
        return found

    def _asked(self, name: str, task: Callable[[], Answer]) -> Answer | RemoteError:
        """Ask Punchh once; a failure ends the round. Interrupted if told to stop meanwhile."""
        answer: Answer | RemoteError = side_by_side({name: task}, self._work.clock)[name]
        if isinstance(answer, RemoteError):
            self._over = True
            log.warning(
                Event.CANARY_FAILED, canary=name, reason=self._work.words.whole(answer.reason)
            )
        return answer
