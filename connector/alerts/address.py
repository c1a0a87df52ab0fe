"""An address that is a secret itself: called shortly, and shown to nobody."""

from collections.abc import Mapping
from random import Random

from pydantic import SecretStr

from connector.alerts.verdict import refusal
from connector.clock import Clock
from connector.domain.reasons import Reason, reason
from connector.errors import RemoteError
from connector.http.exchange import ExchangeError
from connector.http.wire import Limits, Line, open_session

LIMITS = Limits(connect=3.0, read=5.0, total=8.0, body_bytes=1 << 20, attempts=1)


class HiddenAddress:
    """One place on the web that is told things, and says by its answer whether it took them.

    `remote` is its name in the log.
    """

    def __init__(
        self,
        remote: str,
        url: SecretStr,
        headers: Mapping[str, str],
        *,
        clock: Clock,
        random: Random,
        proxy: str | None,
        ca_bundle: str | None,
    ) -> None:
        self._remote, self._url = remote, url
        self._session = open_session(
            Line(
                remote,
                clock,
                random,
                limits=LIMITS,
                proxy=proxy,
                ca_bundle=ca_bundle,
                secret_path=True,
            )
        )
        self._session.headers.clear()
        self._session.headers.update({"User-Agent": "connector", **headers})

    def close(self) -> None:
        self._session.close()

    def call(self, method: str, suffix: str = "", body: bytes | None = None) -> None:
        """Make one request; RemoteError unless its answer, status and text, says that it counts."""
        try:
            reply = self._session.request(
                method, self._url.get_secret_value() + suffix, data=body, allow_redirects=False
            )
        except ExchangeError as error:
            raise self._failed(error.why) from None
        except OSError:  # requests quotes the address
            raise self._failed(reason("answer/address")) from None
        if not 200 <= reply.status_code < 300:
            raise self._failed(reason("answer/answered", status=reply.status_code))
        if (no := refusal(reply.content)) is not None:
            if no in self._url.get_secret_value():
                no = "it failed"
            raise RemoteError(
                self._remote, reason("not-accepted", status=reply.status_code, said=no)
            )

    def _failed(self, why: Reason) -> RemoteError:
        return RemoteError(self._remote, reason("not-told", why=why))
