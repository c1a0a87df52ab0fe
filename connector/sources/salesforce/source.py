"""One Salesforce org, read by a reader for each kind of send."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from connector.domain.checkup import Check, fails, fine, warning
from connector.domain.reasons import Reason, reason
from connector.domain.send import Send, Snapshot
from connector.settings import SalesforceSettings
from connector.sources.salesforce.flow import Flows
from connector.sources.salesforce.list_email import ListEmails
from connector.sources.salesforce.session import Org
from connector.sources.salesforce.troubles import QueryError

_ONE = "SELECT Id FROM {object} LIMIT 1"
# What an org answers that has no such object, or whose user may not see it (§1.0).
_NOT_THERE = frozenset({"INVALID_TYPE", "INVALID_FIELD"})


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

    def poll(self, now: datetime, worked: frozenset[str]) -> Snapshot:
        """Return every scheduled send of the kinds that this org has.

        A kind that never worked and whose object the org does not show is left out with a
        note. RemoteError for every other failure, and where no kind is left; its `account` is
        set where the login was refused.
        """
        sends: list[Send] = []
        notes: list[Reason] = []
        kinds: set[str] = set()
        refused: QueryError | None = None
        for reader in self._readers:
            try:
                found, said = reader.read(self._org, now)
            except QueryError as error:
                if error.code not in _NOT_THERE or reader.kind in worked:
                    raise
                refused = error
                notes.append(_left_out(reader.noun, reader.object, error))
                continue
            kinds.add(reader.kind)
            sends += found
            notes += said
        if not kinds and refused is not None:
            raise refused
        return Snapshot(self.name, now, tuple(sends), frozenset(kinds), tuple(notes))

    def drafts(self, sends: Iterable[Send]) -> Mapping[tuple[str, str, str], bool]:
        """Say of each send that no draft of it waits: in Salesforce an edit counts at once."""
        return {send.series: False for send in sends}

    def check(self, now: datetime) -> Iterator[Check]:  # noqa: ARG002
        """Log in, and ask for one record of each object that is read (facts: salesforce §1.0)."""
        for reader in self._readers:
            for object_ in (reader.object, *reader.named_by):
                try:
                    self._org.rows(_ONE.format(object=object_))
                except QueryError as error:
                    yield _unseen(self.name, reader, object_, error)
                    if object_ == reader.object:
                        break
                else:
                    yield fine(self.name, "object/read", object=object_)

    def confirm(self, sends: Iterable[Send]) -> Mapping[tuple[str, str, str], bool]:
        """Say of each send whether its own record still calls it live, or in progress."""
        asked = list(sends)
        answers: dict[tuple[str, str, str], bool] = {}
        for reader in self._readers:
            mine = [send for send in asked if send.kind == reader.kind]
            live = reader.live(self._org, [send.send_id for send in mine]) if mine else frozenset()
            answers |= {send.series: send.send_id in live for send in mine}
        return answers


def _left_out(noun: str, object_: str, error: QueryError) -> Reason:
    return reason("kind-left-out", noun=noun, object=object_, error=error.code)


def _unseen(name: str, reader: ListEmails | Flows, object_: str, error: QueryError) -> Check:
    if error.code not in _NOT_THERE:
        return fails(name, "object", object=object_, why=error.reason)
    if object_ == reader.object:
        left_out = _left_out(reader.noun, object_, error)
        return warning(name, "object/left-out", why=left_out)
    return warning(name, "object/names-unseen", object=object_, error=error.code, noun=reader.noun)
