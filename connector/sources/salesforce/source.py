"""One Salesforce org, read by a reader for each kind of send."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from connector.domain.checkup import Check, Level, fails, fine
from connector.domain.reasons import Reason, reason
from connector.domain.send import Send, Snapshot
from connector.settings import SalesforceSettings
from connector.sources.salesforce.flow import Flows
from connector.sources.salesforce.list_email import ListEmails
from connector.sources.salesforce.session import Org
from connector.sources.salesforce.troubles import NOT_THERE, QueryError

NOBODY = "000000000000000AAA"  # the id of no record


class SalesforceSource:
    """The list emails and flows of one org (facts: salesforce §1.1, §1.5)."""

    def __init__(self, name: str, settings: SalesforceSettings, org: Org) -> None:
        self.name = name
        self._org = org
        account = settings.domain.lower()
        self._readers = (ListEmails(name, account), Flows(name, account))

    def close(self) -> None:
        self._org.close()

    @property
    def skew(self) -> timedelta:
        return self._org.skew

    @property
    def not_before(self) -> datetime | None:
        return self._org.not_before

    def poll(self, now: datetime, worked: frozenset[str]) -> Snapshot:
        """Return every scheduled send of the kinds that this org has.

        A kind that never worked and whose object the org does not show is left out. RemoteError
        for every other failure, and where no kind is left; its `account` is set where the login
        was refused.
        """
        sends: list[Send] = []
        notes: list[Reason] = []
        kinds: set[str] = set()
        left_out: dict[str, Reason] = {}
        refused: QueryError | None = None
        for reader in self._readers:
            try:
                found, said = reader.read(self._org, now)
            except QueryError as error:
                if error.code not in NOT_THERE or reader.kind in worked:
                    raise
                refused = error
                left_out[reader.kind] = _left_out(reader, error)
                continue
            kinds.add(reader.kind)
            sends += found
            notes += said
        if not kinds and refused is not None:
            raise refused
        return Snapshot(self.name, now, tuple(sends), frozenset(kinds), tuple(notes), left_out)

    def drafts(self, sends: Iterable[Send]) -> Mapping[tuple[str, str, str], bool]:
        """Say of each send that no draft of it waits: in Salesforce an edit counts at once."""
        return {send.series: False for send in sends}

    def check(self, now: datetime, worked: frozenset[str]) -> Iterator[Check]:
        """Log in, and make every query that polls and confirmations make (facts: salesforce §1).

        What fails a poll fails here, too: also a kind that worked before, and no kind at all.
        """
        refused: list[QueryError] = []
        for reader in self._readers:
            try:
                sends, notes = reader.read(self._org, now)
            except QueryError as error:
                refused.append(error)
                missing = None if reader.kind in worked else _left_out(reader, error)
                yield self._refused(error, missing)
                continue
            yield fine(self.name, "object", sends=len(sends), noun=reader.noun)
            yield from (Check(Level.WARNING, self.name, note) for note in notes)
            yield from self._probed(reader)
        if len(refused) == len(self._readers):
            yield fails(self.name, "object/nothing", why=refused[0].reason)

    def _probed(self, reader: ListEmails | Flows) -> Iterator[Check]:
        for object_, soql, deleted in reader.probes():
            try:
                self._org.rows_of(soql, [NOBODY], deleted=deleted)
            except QueryError as error:
                yield self._refused(error, _unseen(reader, object_, error))
            else:
                yield fine(self.name, "object/by-id", object=object_)

    def _refused(self, error: QueryError, unseen: Reason | None) -> Check:
        """Say that a query was refused; `unseen` tells what follows where that can be borne."""
        if unseen is not None and error.code in NOT_THERE:
            return Check(Level.WARNING, self.name, unseen)
        return Check(Level.FAILS, self.name, error.reason)

    def confirm(self, sends: Iterable[Send]) -> Mapping[tuple[str, str, str], bool]:
        """Say of each send whether its own record still calls it live, or in progress."""
        asked = list(sends)
        answers: dict[tuple[str, str, str], bool] = {}
        for reader in self._readers:
            mine = [send for send in asked if send.kind == reader.kind]
            live = reader.live(self._org, [send.send_id for send in mine]) if mine else frozenset()
            answers |= {send.series: send.send_id in live for send in mine}
        return answers


def _left_out(reader: ListEmails | Flows, error: QueryError) -> Reason:
    """Say that a kind is not read; what it refers to may be what the org does not show."""
    return reason(
        "kind-left-out",
        noun=reader.noun,
        object=reader.object,
        error=error.code,
        message=error.message,
    )


def _unseen(reader: ListEmails | Flows, object_: str, error: QueryError) -> Reason:
    key = "object-unseen/own" if object_ == reader.object else "object-unseen"
    return reason(key, noun=reader.noun, object=object_, error=error.code, message=error.message)
