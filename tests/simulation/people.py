"""The people with verbs: they tell the truth, as far as Punchh's dashboard shows it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connector.domain.distribution import Distribution, State
from connector.domain.pause import Pause, Scope
from connector.domain.standing import Row
from connector.domain.verdicts import ABANDONED
from connector.errors import RefusedError
from connector.ledger import Ledger
from tests.simulation.brand import Brand
from tests.simulation.invariants import Watch, require
from tests.simulation.office import WHO, Office


class People:
    """Whoever types `connector VERB` at this office, beside a worker that runs or does not."""

    def __init__(self, office: Office, brand: Brand, watch: Watch) -> None:
        self._office, self._brand, self._watch = office, brand, watch
        self.verbs: Mapping[str, Callable[[Ledger, Mapping[str, Any]], None]] = {
            "live": self._live,
            "rehearse": self._rehearse,
            "approve": self._approve,
            "resolve": self._resolve,
            "abandon": self._abandon,
            "retry": self._retry,
            "recommit": self._recommit,
            "ack": self._acknowledge,
            "pause": self._pause,
            "unpause": self._unpause,
            "adopt": self._adopt,
        }

    def say(self, verb: str, given: Mapping[str, Any]) -> None:
        """Let a person use a verb; a refusal is an answer like any other."""
        with Ledger.open(self._office.url) as ledger:
            self.verbs[verb](ledger, given)

    def all_clear(self) -> None:
        """End everything that a person holds: the last day of a story."""
        with Ledger.open(self._office.url) as ledger:
            for one in ledger.pauses(at=self._now):
                ledger.resume(one.scope, one.name, **self._told)
            for name in ("punchh", *self._office.settings.sources):
                scope = Scope.PUNCHH if name == "punchh" else Scope.SOURCE
                ledger.resume(scope, "" if scope is Scope.PUNCHH else name, **self._told)
            self._adopt(ledger, {})
            self._live(ledger, {})
            self._resolve(ledger, {})

    @property
    def _now(self) -> datetime:
        return self._office.clock.now()

    @property
    def _told(self) -> dict[str, Any]:
        return {"at": self._now, "who": WHO, "reason": "I looked"}

    # --- rehearsal, pauses, the world

    def _live(self, ledger: Ledger, given: Mapping[str, Any]) -> None:
        """Say that nothing was given where it may be said, and else go live without."""
        self._watch.looked_up()
        told: dict[str, Any] = {"at": self._now, "who": WHO}
        try:
            ledger.go_live(**told, nothing_given_yet=given.get("nothing", True))
        except RefusedError:
            require(self._office.restored, "only what a backup forgot forbids the word", given)
            ledger.go_live(**told, nothing_given_yet=False)

    def _rehearse(self, ledger: Ledger, _given: Mapping[str, Any]) -> None:
        ledger.rehearse(at=self._now, who=WHO)

    def _pause(self, ledger: Ledger, given: Mapping[str, Any]) -> None:
        minutes, now = given["minutes"], self._now
        until = None if minutes is None else now + timedelta(minutes=minutes)
        ledger.pause(Pause(Scope(given["scope"]), given["name"], now, WHO, "wait", until))

    def _unpause(self, ledger: Ledger, given: Mapping[str, Any]) -> None:
        ledger.resume(Scope(given["scope"]), given["name"], **self._told)

    def _adopt(self, ledger: Ledger, _given: Mapping[str, Any]) -> None:
        ledger.adopt_world(self._office.world, **self._told)

    # --- one offer after another

    def _approve(self, ledger: Ledger, _given: Mapping[str, Any]) -> None:
        for offer in _offers(ledger.rows(State.HELD.value)):
            if self._surely_new(offer):
                _unless_refused(partial(ledger.approve, [offer.id]), self._told)

    def _surely_new(self, offer: Distribution) -> bool:
        """Say whether no campaign of this offer stands for the send's firing to come."""
        send_id = offer.occurrence.split(":")[3]
        self._brand.note_firings()
        fired = self._brand.fired.get(send_id, [])
        return all(
            any(at >= made.created_at for at in fired)
            for made in self._watch.campaigns_of(send_id)
            if (made.segment_id, made.redeemable_uuid) == (offer.segment_id, offer.redeemable_uuid)
        )

    def _resolve(self, ledger: Ledger, _given: Mapping[str, Any]) -> None:
        for offer in _offers(ledger.rows(State.UNKNOWN.value)):
            made = self._campaign_of(offer)
            if made is None:
                _unless_refused(partial(ledger.resolve, offer.id), self._told)
            else:
                ledger.resolve(offer.id, committed=made, **self._told)

    def _abandon(self, ledger: Ledger, _given: Mapping[str, Any]) -> None:
        for offer in _offers(ledger.rows(State.UNKNOWN.value)):
            ledger.resolve(offer.id, abandon=True, **self._told)

    def _retry(self, ledger: Ledger, _given: Mapping[str, Any]) -> None:
        for offer in _offers(ledger.rows(State.REJECTED.value)):
            if self._campaign_of(offer) is None:
                given_up = offer.reason.code == ABANDONED
                ledger.retry(offer.id, although_it_may_exist=given_up, **self._told)

    def _recommit(self, ledger: Ledger, _given: Mapping[str, Any]) -> None:
        """Cancel in Punchh what has moved since, and say so; one that had begun is held anyway."""
        for row in ledger.rows(State.COMMITTED.value):
            offer, when = row.distribution, row.occurrence.when
            if offer is None or when is None or offer.recommitted_as or offer.campaign_id is None:
                continue
            if when.first_delivery == offer.first_delivery or row.occurrence.closed_at is not None:
                continue
            stopped = self._brand.stop(offer.campaign_id)
            if stopped or (offer.start_time and self._now >= offer.start_time):
                ledger.recommit(offer.id, **self._told)

    def _acknowledge(self, ledger: Ledger, _given: Mapping[str, Any]) -> None:
        for row in ledger.rows():
            _unless_refused(partial(ledger.acknowledge, row.id), self._told)

    def _campaign_of(self, offer: Distribution) -> int | None:
        """Look into Punchh for the campaign of a row's last attempt."""
        for one in self._brand.live_campaigns():
            if one.external_campaign_id == offer.external_campaign_id:
                return one.campaign_id
        return None


def _offers(rows: Iterable[Row]) -> list[Distribution]:
    return [row.distribution for row in rows if row.distribution is not None]


def _unless_refused(word: Callable[..., object], told: Mapping[str, Any]) -> None:
    try:
        word(**told)
    except RefusedError:
        return
