"""One org through simple-salesforce: login, queries to their end, and what can go wrong.

Only `query` and `query_more` are used: an `sf.<SObject>` loops without end when every token is
refused (facts: salesforce §4.3).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from operator import methodcaller
from typing import Any
from urllib.parse import urlsplit

from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from connector.domain.reasons import reason
from connector.errors import RemoteError
from connector.http.exchange import ExchangeError
from connector.http.reply import strict_json, why_unread
from connector.http.wire import Line, open_session
from connector.settings import SalesforceSettings
from connector.sources.checks import MOST_ROWS, too_many
from connector.sources.salesforce import troubles

MOST_PAGES = 1_000  # of one query: a page has 2,000 records mostly
CHUNK = 200  # ids in one IN (…): longer addresses are refused somewhere on the way (§4.5)
_NEXT_PAGE = re.compile(r"/services/data/v\d+\.\d/query(All)?/[\w-]+", re.ASCII)
_OUR_HOST = re.compile(r"https://[\w.-]+\.salesforce\.com(:443)?", re.ASCII)
_TOKEN_PATH = "/services/oauth2/token"  # noqa: S105  a path


class Org:
    """One org, read-only. Logs in when first asked and when its session has expired.

    Everything that the library, the login or the wire can raise leaves here as RemoteError; a
    query that Salesforce refuses with a code as its subclass `troubles.QueryError`.
    """

    def __init__(self, line: Line, settings: SalesforceSettings) -> None:
        self._settings = settings
        self._line, self._remote = line, line.remote
        self._session = open_session(line)
        self._session.hooks["response"].append(self._inspect)
        self._client: Salesforce | None = None

    def close(self) -> None:
        self._session.close()

    @property
    def skew(self) -> timedelta:
        """How far the org's clock is ahead of ours, by most of its last replies."""
        return self._line.skew.ahead

    @property
    def not_before(self) -> datetime | None:
        """The instant before which the org last asked not to be called."""
        return self._line.gate.opens

    def rows(self, soql: str, *, deleted: bool = False) -> list[dict[str, Any]]:
        """Return all records of a query, read to its last page; also deleted ones on request."""
        found: list[dict[str, Any]] = []
        page = self._asked(methodcaller("query", soql, include_deleted=deleted))
        seen: set[str] = set()
        while True:
            found += self._records(page)
            if len(found) > MOST_ROWS:
                raise troubles.unreadable(self._remote, too_many(len(found)))
            if page["done"] is True:
                break
            if len(seen) == MOST_PAGES:
                endless = reason("answer/endless", pages=MOST_PAGES)
                raise troubles.unreadable(self._remote, endless)
            following = self._following(page, seen)
            page = self._asked(methodcaller("query_more", following, identifier_is_url=True))
        if len(found) != page["totalSize"]:
            total = troubles.shortened(page["totalSize"])
            some = reason("answer/partial", came=len(found), total=total)
            raise troubles.unreadable(self._remote, some)
        return found

    def rows_of(
        self, soql: str, ids: Iterable[str], *, deleted: bool = False
    ) -> list[dict[str, Any]]:
        """Return the records of a query with `{ids}` in it, asked for so many ids at a time."""
        found: list[dict[str, Any]] = []
        for chunk in _chunks(sorted(set(ids))):
            found += self.rows(soql.format(ids=_listed(chunk)), deleted=deleted)
            if len(found) > MOST_ROWS:
                raise troubles.unreadable(self._remote, too_many(len(found)))
        return found

    def _records(self, page: Any) -> list[dict[str, Any]]:
        records = page.get("records") if isinstance(page, dict) else None
        whole = isinstance(records, list) and {"done", "totalSize"} <= page.keys()
        if not whole or not all(isinstance(record, dict) for record in records or ()):
            raise troubles.unreadable(self._remote, reason("answer/not-json"))
        return records or []

    def _following(self, page: dict[str, Any], seen: set[str]) -> str:
        """Return the next page's path; nothing that could take the token to another host."""
        path = page.get("nextRecordsUrl")
        if not isinstance(path, str) or not _NEXT_PAGE.fullmatch(path) or path in seen:
            odd = reason("answer/odd-page", address=troubles.shortened(path))
            raise troubles.unreadable(self._remote, odd)
        seen.add(path)
        return path

    def _asked(self, question: Callable[[Salesforce], Any]) -> Any:
        """Ask, logging in first where there is no client. The one place where errors leave."""
        try:
            if self._client is None:
                self._client = self._log_in()
            return question(self._client)
        except Exception as error:  # noqa: BLE001  the library raises whatever a reply breaks
            told = troubles.told(self._remote, error)
            if not isinstance(told, troubles.QueryError):
                self._client = None  # the next question begins with a fresh login
            raise told from None  # the library's errors may quote a token or an address

    def _log_in(self) -> Salesforce:
        settings = self._settings
        common: dict[str, Any] = {
            "session": self._session,
            "domain": settings.domain,
            "version": settings.api_version,
            "consumer_key": settings.consumer_key.get_secret_value(),
            "object_pairs_hook": dict,
        }
        if settings.consumer_secret is not None:
            secret = settings.consumer_secret.get_secret_value()
            return Salesforce(**common, consumer_secret=secret)
        key = settings.private_key.get_secret_value() if settings.private_key else ""
        try:
            return Salesforce(**common, username=settings.username, privatekey=key)
        except (RemoteError, ExchangeError, SalesforceError, OSError):
            raise
        except Exception as error:
            # Whatever the signer says of the key, it says before anything is sent.
            raise troubles.bad_private_key(self._remote) from error

    def _inspect(self, response: Any, *_args: Any, **_kwargs: Any) -> None:
        """Look at every reply before the library does; its own checks lose the status."""
        is_login = urlsplit(response.url).path == _TOKEN_PATH
        if is_login and response.status_code != 200:
            raise troubles.login_refused(self._remote, response.status_code, response.content)
        if 200 < response.status_code < 300:  # the library would take it for an answer
            status = reason("answer/status", status=response.status_code)
            raise troubles.unreadable(self._remote, status)
        body = _json(response.content)
        response.json = partial(_reread, body)  # else the library would read it by its own rules
        if response.status_code != 200:
            return
        if isinstance(body, ValueError):
            raise troubles.unreadable(self._remote, why_unread(body))
        if is_login and not _usable(body):
            raise troubles.unreadable(self._remote, reason("answer/no-session"))


def _json(content: bytes) -> Any:
    """Return a body as JSON, or what keeps it from being read."""
    try:
        return strict_json(content)
    except ValueError as error:
        return error


def _reread(body: Any, **_kwargs: Any) -> Any:
    if isinstance(body, ValueError):
        raise body
    return body


def _usable(body: Any) -> bool:
    """Say whether a login brought a token, and an address that the token may be sent to."""
    if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
        return False
    place = body.get("instance_url")
    return isinstance(place, str) and _OUR_HOST.fullmatch(place) is not None


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _listed(ids: Iterable[str]) -> str:
    return ", ".join("'" + re.sub(r"([\\'])", r"\\\1", id_) + "'" for id_ in ids)
