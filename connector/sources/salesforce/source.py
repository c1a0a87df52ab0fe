"""One Salesforce org, read by a reader for each kind of send."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from connector.domain.checkup import Check, Level, fails, fine
from connector.domain.reasons import Reason
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
            yield fine(self.name, "object", f"{len(sends)} {reader.noun} can be read")
            yield from (Check(Level.WARNING, self.name, note) for note in notes)
            yield from self._probed(reader)
        if len(refused) == len(self._readers):
            nothing = "nothing of this org can be read: it shows no kind of send"
            yield fails(self.name, "object", nothing, refused[0].reason.next_step)

    def _probed(self, reader: ListEmails | Flows) -> Iterator[Check]:
        for object_, soql, deleted in reader.probes():
            try:
                self._org.rows_of(soql, [NOBODY], deleted=deleted)
            except QueryError as error:
                yield self._refused(error, _unseen(reader, object_, error))
            else:
                yield fine(self.name, "object", f"{object_} can be read by id")

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
    return Reason(
        "kind-left-out",
        f"{reader.noun} are not read: the org does not show all that is asked of {reader.object} "
        f"({error.code}: {error.message})",
        f"If this org sends with them, give the run-as user the right to read {reader.object}, "
        "all its fields that are asked for, and what it refers to",
    )


def _unseen(reader: ListEmails | Flows, object_: str, error: QueryError) -> Reason:
    lost = "none is known to be gone" if object_ == reader.object else "those that need it block"
    return Reason(
        "object-unseen",
        f"the org does not show {object_} ({error.code}: {error.message}): of the {reader.noun}, "
        f"{lost}",
        f"If this org uses it, give the run-as user the right to read {object_}",
    )
