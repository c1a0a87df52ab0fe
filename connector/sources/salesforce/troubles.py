"""What can go wrong with an org, in words; never the library's own, which quote addresses."""

from typing import Any

from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceError,
    SalesforceExpiredSession,
)

from connector.domain.reasons import Reason, reason
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

LONGEST_CODE = 80
# What an org answers that has no such object or field, or whose user may not see it (§1.0).
NOT_THERE = frozenset({"INVALID_TYPE", "INVALID_FIELD"})
# Login errors that pass by themselves; every other one needs a person (facts: salesforce §1.0b).
_PASSING_LOGINS = frozenset({"rate_limit_exceeded", "server_error", "temporarily_unavailable"})
_LOGIN_ERRORS = frozenset(
    {
        "invalid_client_id",
        "invalid_client",
        "invalid_client_credentials",
        "invalid_grant",
        "inactive_user",
        "inactive_org",
    }
)
_QUERY_ERRORS = {
    "REQUEST_LIMIT_EXCEEDED": "unreadable/request-limit",
    "API_DISABLED_FOR_ORG": "unreadable/api-disabled",
    "INVALID_QUERY_LOCATOR": "unreadable/query-lost",
}


class QueryError(RemoteError):
    """A query that Salesforce refused: its errorCode, and its message in short (§1.0)."""

    def __init__(self, remote: str, reason: Reason, code: str, message: str = "") -> None:
        super().__init__(remote, reason)
        self.code, self.message = code, message


def unreadable(remote: str, why: Reason) -> RemoteError:
    return RemoteError(remote, reason("unreadable/salesforce", why=why))


def bad_private_key(remote: str) -> RemoteError:
    return RemoteError(remote, reason("unreadable/private-key"), account=True)


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
    key = "unreadable/login-passing"
    if account:
        known = code if code in _LOGIN_ERRORS else "unknown"
        key = f"unreadable/login-{known.replace('_', '-')}"
    return RemoteError(
        remote, reason(key, named=f"{code}, {status}" if code else f"{status}"), account=account
    )


def told(remote: str, error: Exception) -> RemoteError:
    """Return what any failure of a login or query means (facts: salesforce §4.4)."""
    match error:
        case RemoteError():
            return error
        case ExchangeError():
            return unreadable(remote, error.why)
        case SalesforceAuthenticationFailed():
            return login_refused(remote, 401, b"")
        case SalesforceExpiredSession():
            return unreadable(remote, reason("answer/session-expired"))
        case SalesforceError():
            return _refused(remote, error.status, _codes(error.content))
        case LookupError() | TypeError() | ValueError() | AttributeError():
            return unreadable(remote, reason("answer/not-json"))
        case _:
            return unreadable(remote, reason("answer/query-failed", error=type(error).__name__))


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
        return unreadable(remote, reason("answer/status", status=status))
    code, message = codes[0][0][:LONGEST_CODE], shortened(codes[0][1])
    if (key := _QUERY_ERRORS.get(code)) is not None:
        return QueryError(remote, reason(key), code, message)
    key = "unreadable/query-rights" if status in (400, 403) else "unreadable/query"
    why = reason(key, error=code, status=status, message=message)
    return QueryError(remote, why, code, message)
