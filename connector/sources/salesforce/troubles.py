"""What can go wrong with an org, in words; never the library's own, which quote addresses."""

from typing import Any

from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceError,
    SalesforceExpiredSession,
)

from connector.domain.reasons import Reason
from connector.errors import RemoteError
from connector.http.exchange import ExchangeError
from connector.http.reply import strict_json
from connector.sources.checks import shortened

__all__ = [
    "NOT_THERE",
    "QueryError",
    "bad_private_key",
    "login_refused",
    "shortened",
    "told",
    "unreadable",
]

AGAIN = "It is asked again at the next poll"
LONGEST_CODE = 80
NO_JSON = "its answer is not the JSON it should be"
# What an org answers that has no such object or field, or whose user may not see it (§1.0).
NOT_THERE = frozenset({"INVALID_TYPE", "INVALID_FIELD"})
# Login errors that pass by themselves; every other one needs a person (facts: salesforce §1.0b).
_PASSING_LOGINS = frozenset({"rate_limit_exceeded", "server_error", "temporarily_unavailable"})
_LOGIN_STEPS = {
    "invalid_client_id": "Check consumer_key",
    "invalid_client": "Check consumer_key and consumer_secret",
    "invalid_client_credentials": "Check consumer_secret",
    "invalid_grant": "Check domain, the app's run-as user, and that its flow is switched on",
    "inactive_user": "Look at the run-as user in Salesforce",
    "inactive_org": "Look at the org in Salesforce",
}
_QUERY_SENTENCES = {
    "REQUEST_LIMIT_EXCEEDED": (
        "the org has used up its API requests of the last 24 hours",
        "Raise the org's limit, or find out which client uses it up",
    ),
    "API_DISABLED_FOR_ORG": ("the API is switched off for the org", "Look at the org's edition"),
    "INVALID_QUERY_LOCATOR": ("the query was lost between two pages", AGAIN),
}


class QueryError(RemoteError):
    """A query that Salesforce refused: its errorCode, and its message in short (§1.0)."""

    def __init__(self, remote: str, reason: Reason, code: str, message: str = "") -> None:
        super().__init__(remote, reason)
        self.code, self.message = code, message


def unreadable(remote: str, what: str, step: str = AGAIN) -> RemoteError:
    return RemoteError(remote, Reason("unreadable", what, step))


def bad_private_key(remote: str) -> RemoteError:
    reason = Reason("unreadable", "no login can be signed with the private key", "Check its file")
    return RemoteError(remote, reason, account=True)


def login_refused(remote: str, status: int, content: bytes) -> RemoteError:
    """Return the error of a login that was answered with that status (facts: salesforce §1.0b).

    Only an OAuth error, a 401 or a 403 is the account's; a server's trouble passes.
    """
    try:
        body = strict_json(content)
    except ValueError:
        body = None
    code = body.get("error") if isinstance(body, dict) else None
    code = code if isinstance(code, str) and code.isidentifier() else ""
    account = status in (401, 403) or (status == 400 and bool(code))
    account = account and code not in _PASSING_LOGINS
    named = f"{code}, {status}" if code else f"{status}"
    step = _LOGIN_STEPS.get(code, "Check the app's key, its rights and the domain")
    reason = Reason("unreadable", f"the login was refused ({named})", step if account else AGAIN)
    return RemoteError(remote, reason, account=account)


def told(remote: str, error: Exception) -> RemoteError:
    """Return what any failure of a login or query means (facts: salesforce §4.4)."""
    match error:
        case RemoteError():
            return error
        case ExchangeError():
            return unreadable(remote, error.told, error.step or AGAIN)
        case SalesforceAuthenticationFailed():
            return login_refused(remote, 401, b"")
        case SalesforceExpiredSession():
            return unreadable(remote, "every fresh session was refused as expired (401)")
        case SalesforceError():
            return _refused(remote, error.status, _codes(error.content))
        case LookupError() | TypeError() | ValueError() | AttributeError():
            return unreadable(remote, NO_JSON)
        case _:
            return unreadable(remote, f"the query failed ({type(error).__name__})")


def _codes(content: Any) -> list[tuple[str, str]]:
    """Return errorCode and message of each error; anything but the known array has none."""
    rows = content if isinstance(content, list) else []
    return [
        (row["errorCode"], str(row.get("message", "")))
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("errorCode"), str)
    ]


def _refused(remote: str, status: int, codes: list[tuple[str, str]]) -> RemoteError:
    if not codes:
        return unreadable(remote, f"answered with status {status}")
    code, message = codes[0][0][:LONGEST_CODE], shortened(codes[0][1])
    sentence, step = _QUERY_SENTENCES.get(code, ("", AGAIN))
    if not sentence:
        sentence = f"a query was refused ({code}, {status}): {message}"
        step = "Look at the rights of the run-as user" if status in (400, 403) else AGAIN
    return QueryError(remote, Reason("unreadable", sentence, step), code, message)
