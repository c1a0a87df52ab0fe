"""What broke an exchange; a library's own text, which can hold an address or a key, is left out."""

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from socket import gaierror
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import ReadTimeoutError

from connector.domain.reasons import Reason, reason
from connector.http.exchange import ExchangeError, InformationalError, Reach

# OpenSSL's codes of what is wrong with a certificate (x509_vfy.h).
_CERTIFICATES = {
    9: "certificate-early",
    10: "certificate-expired",
    18: "certificate-self-signed",
    19: "certificate-untrusted",
    20: "certificate-untrusted",
    21: "certificate-untrusted",
    23: "certificate-revoked",
    62: "certificate-host",
    64: "certificate-address",
}
_HANDSHAKES = {
    "WRONG_VERSION_NUMBER": "no-tls",
    "PACKET_LENGTH_TOO_LONG": "no-tls",
    "RECORD_LAYER_FAILURE": "no-tls",
    "HTTP_REQUEST": "no-tls",
    "TLSV1_ALERT_PROTOCOL_VERSION": "no-version",
    "UNSUPPORTED_PROTOCOL": "no-version",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "certificate-wanted",
    "NO_CERTIFICATE_OR_CRL_FOUND": "bundle-empty",
}
_PLACE = re.compile(r"https?://[a-z0-9.:\[\]-]{1,200}", re.ASCII)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})\b", re.ASCII)


def broken(error: Exception, reach: Reach) -> ExchangeError:
    """Return the exchange's error for what a library raised."""
    return ExchangeError(reach, _why(error, reach))


def _why(error: Exception, reach: Reach) -> Reason:
    if isinstance(error, requests.exceptions.SSLError):
        return reason("exchange/tls", cause=tls(error))
    if isinstance(error, requests.exceptions.ProxyError):
        statuses = (found[1] for cause in _within(error) if (found := _TUNNEL.search(str(cause))))
        return reason("exchange/proxy", status=next(statuses, None))
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return reason("exchange/no-answer" if reach.may_have_acted else "exchange/connect-timeout")
    if any(isinstance(cause, InformationalError) for cause in _within(error)):
        return reason("exchange/informational")
    if reach is Reach.NOT_CONNECTED:
        gone = type(error) is OSError and error.errno is None  # requests looked for the file
        cause = reason("cause/bundle-gone") if gone else system(error)
        return reason("exchange/no-connection", cause=cause)
    return reason("exchange/broken")


def tls(error: BaseException) -> Reason | None:
    """Return why TLS failed, None if nothing says so."""
    for cause in _within(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return reason(f"cause/{_CERTIFICATES.get(cause.verify_code, 'certificate')}")
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return reason("cause/closed")
        if isinstance(cause, ssl.SSLError) and cause.reason:
            if known := _HANDSHAKES.get(cause.reason):
                return reason(f"cause/{known}")
            return reason("cause/system", said=cause.reason.lower().replace("_", " "))
    return system(error)


def system(error: BaseException) -> Reason | None:
    """Return what the operating system said, None if it said nothing."""
    for cause in _within(error):
        if isinstance(cause, gaierror):
            return reason("cause/no-host")
        if isinstance(cause, TimeoutError):
            return reason("cause/no-answer")
        if isinstance(cause, FileNotFoundError):
            return reason("cause/bundle-gone")
        if isinstance(cause, OSError) and cause.errno and not isinstance(cause, ssl.SSLError):
            return reason("cause/system", said=os.strerror(cause.errno).lower())
    return None


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
        return ExchangeError(reach, reason("exchange/switched"), status=status)
    if not 300 <= status < 400 or status == HTTPStatus.NOT_MODIFIED:
        return None
    return ExchangeError(
        reach,
        reason("exchange/redirect", status=status)
        if secret
        else _redirect(status, headers.get("Location", "").strip(), url),
        status=status,
    )


def _redirect(status: int, location: str, url: str) -> Reason:
    if not location:
        return reason("exchange/redirect-nowhere", status=status)
    try:
        here, there = urlsplit(url), urlsplit(urljoin(url, location))
    except ValueError:
        return reason("exchange/redirect", status=status)
    place = f"{there.scheme}://{there.netloc}".lower()
    if place == f"{here.scheme}://{here.netloc}".lower():
        return reason("exchange/redirect-path", status=status)
    if not _PLACE.fullmatch(place):
        return reason("exchange/redirect", status=status)
    if (here.scheme, there.scheme) == ("https", "http"):
        return reason("exchange/redirect-plain", status=status, place=place)
    return reason("exchange/redirect-host", status=status, place=place)
