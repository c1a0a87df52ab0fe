"""What broke an exchange, in words of ours; a library's own text can hold an address or a key."""

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from socket import gaierror
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import ReadTimeoutError

from connector.http.exchange import ExchangeError, InformationalError, Reach

_CHECK_TLS = "Check the address, this machine's clock, and `http.ca_bundle`"
_CHECK_ADDRESS = "Check the address: a redirect is never followed"
# OpenSSL's codes of what is wrong with a certificate (x509_vfy.h).
_CERTIFICATES = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: "its certificate comes from an authority that is not trusted here",
    20: "its certificate comes from an authority that is not trusted here",
    21: "its certificate comes from an authority that is not trusted here",
    23: "its certificate was revoked",
    62: "its certificate is for another host",
    64: "its certificate is for another address",
}
_NO_TLS = "the other side does not speak TLS on that port"
_HANDSHAKES = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "TLSV1_ALERT_PROTOCOL_VERSION": "no version of TLS is supported by both sides",
    "UNSUPPORTED_PROTOCOL": "no version of TLS is supported by both sides",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it wants a certificate of ours",
    "NO_CERTIFICATE_OR_CRL_FOUND": "`http.ca_bundle` holds no certificate",
}
_PLACE = re.compile(r"https?://[a-z0-9.:\[\]-]{1,200}", re.ASCII)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})\b", re.ASCII)


def broken(error: Exception, reach: Reach) -> ExchangeError:
    """Return the exchange's error for what a library raised."""
    if isinstance(error, requests.exceptions.SSLError):
        return ExchangeError(reach, f"the TLS connection failed{tls(error)}", step=_CHECK_TLS)
    return ExchangeError(reach, _sentence(error, reach))


def _sentence(error: Exception, reach: Reach) -> str:
    if isinstance(error, requests.exceptions.ProxyError):
        statuses = (found[1] for cause in _within(error) if (found := _TUNNEL.search(str(cause))))
        status = next(statuses, None)
        return "the proxy refused or broke the connection" + (f" ({status})" if status else "")
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return "no answer in time" if reach.may_have_acted else "no connection in time"
    if any(isinstance(cause, InformationalError) for cause in _within(error)):
        return "it sent informational answers (1xx) without end"
    if reach is Reach.NOT_CONNECTED:
        if type(error) is OSError and error.errno is None:  # requests looked for the file
            return "no connection: the file `http.ca_bundle` is gone"
        return f"no connection{system(error)}"
    return "the connection broke before the reply was whole"


def tls(error: BaseException) -> str:
    """Return ": " and why TLS failed, "" if nothing says so."""
    for cause in _within(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f": {_CERTIFICATES.get(cause.verify_code, 'its certificate is not valid')}"
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return ": the other side closed the connection"
        if isinstance(cause, ssl.SSLError) and cause.reason:
            known = _HANDSHAKES.get(cause.reason)
            return f": {known or cause.reason.lower().replace('_', ' ')}"
    return system(error)


def system(error: BaseException) -> str:
    """Return ": " and what the operating system said, "" if it said nothing."""
    for cause in _within(error):
        if isinstance(cause, gaierror):
            return ": no such host"
        if isinstance(cause, TimeoutError):
            return ": no answer in time"
        if isinstance(cause, FileNotFoundError):
            return ": the file `http.ca_bundle` is gone"
        if isinstance(cause, OSError) and cause.errno and not isinstance(cause, ssl.SSLError):
            return f": {os.strerror(cause.errno).lower()}"
    return ""


def _within(error: BaseException) -> Iterator[BaseException]:
    """Give an error and whatever it wraps."""
    left: list[object] = [error]
    seen: set[int] = set()
    while left:
        cause = left.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            wrapped = cause.__cause__ or cause.__context__
            left += [*cause.args, getattr(cause, "reason", None), wrapped]


def refused_head(
    reach: Reach, status: int, headers: Mapping[str, str], url: str, *, secret: bool
) -> ExchangeError | None:
    """Return the error of a reply whose head is enough to refuse it, None for any other.

    Of where a redirect leads the host alone is told, and nothing where the address is a `secret`.
    """
    if status == HTTPStatus.SWITCHING_PROTOCOLS:
        return ExchangeError(reach, "it changed the protocol unasked (101)", status=status)
    if not 300 <= status < 400 or status == HTTPStatus.NOT_MODIFIED:
        return None
    where = "elsewhere" if secret else _where(headers.get("Location", ""), url)
    return ExchangeError(
        reach, f"it redirects {where} ({status})", status=status, step=_CHECK_ADDRESS
    )


def _where(location: str, url: str) -> str:
    if not location.strip():
        return "without saying where to"
    try:
        here, there = urlsplit(url), urlsplit(urljoin(url, location.strip()))
    except ValueError:
        return "elsewhere"
    place = f"{there.scheme}://{there.netloc}".lower()
    if place == f"{here.scheme}://{here.netloc}".lower():
        return "to another path of the same host"
    if not _PLACE.fullmatch(place):
        return "elsewhere"
    away = ", without TLS" if (here.scheme, there.scheme) == ("https", "http") else ""
    return f"to {place}{away}"
