"""The part of the ledger that keeps what was seen of gifts; each method is one transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from connector.domain.distribution import Distribution
from connector.domain.evidence import Evidence, GiftEvent, Sighting
from connector.domain.landing import CanaryNote
from connector.ledger import canaries as notes
from connector.ledger import evidence, reads
from connector.ledger.handle import Handle
from connector.points import Point, point


class Witness(Handle):
    """Evidence, from webhooks and from canaries. It works beside whoever commits."""

    def hear(self, event: GiftEvent, *, at: datetime) -> bool:
        """Count a webhook's event once; False for one that was counted before."""
        with self._store.writing() as tx:
            return evidence.hear(tx, event, at=at)

    def settle_heard(self, *, at: datetime) -> tuple[Distribution, ...]:
        """Turn each unknown into committed of whose own campaign a webhook told; return these."""
        with self._store.reading() as tx:
            if not evidence.provable(tx):
                return ()
        point(Point.EVIDENCE_BEGINS)
        with self._store.writing() as tx:
            settled = evidence.settle_heard(tx, at=at)
            point(Point.EVIDENCE_WRITTEN)
        point(Point.EVIDENCE_COMMITTED)
        return settled

    def evidence(self, ids: Collection[str]) -> Mapping[str, Evidence]:
        """Return what was seen of each of these offers."""
        with self._store.reading() as tx:
            return reads.evidence(tx, ids)

    def watched(self, segments: Collection[int], *, now: datetime) -> list[Distribution]:
        """Return the offers to these segments whose campaign began lately, or may have."""
        with self._store.reading() as tx:
            return evidence.watched(tx, segments, now=now)

    def taken(self, campaigns: Collection[int]) -> frozenset[int]:
        """Return those of the campaigns that stand on an offer."""
        with self._store.reading() as tx:
            return evidence.taken(tx, campaigns)

    def canaries(self) -> Mapping[str, CanaryNote]:
        """Return each canary as last met, by name."""
        with self._store.reading() as tx:
            return notes.canaries(tx)

    def canary_refused(self, note: CanaryNote) -> None:
        """Keep that a canary's token was refused, asked for a person."""
        with self._store.writing() as tx:
            notes.note_canary(tx, note)

    def note_sightings(self, sightings: Sequence[Sighting], canaries: Sequence[CanaryNote]) -> None:
        """Keep what the canaries showed, and how they were met."""
        point(Point.SIGHTINGS_BEGINS)
        with self._store.writing() as tx:
            evidence.note_sightings(tx, sightings)
            notes.note_canaries(tx, canaries)
            point(Point.SIGHTINGS_WRITTEN)
        point(Point.SIGHTINGS_COMMITTED)
