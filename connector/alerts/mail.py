"""Telling by a letter: plain text over SMTP, a fresh connection each time."""

import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from random import Random
from threading import Timer
from typing import Any

from connector.clock import Clock
from connector.domain.message import Message
from connector.domain.reasons import Reason, reason
from connector.errors import RemoteError
from connector.http.trouble import system, tls
from connector.settings import EmailSettings

SECONDS = 5.0  # for each step of the talk
LONGEST = 15.0  # for all of it: a server that drips has no step that is late


class _Bounded:
    """Mixed into smtplib's classes: after so long the connection is cut, at whatever it is."""

    _watch: Timer | None = None

    def getreply(self: Any) -> Any:
        if self._watch is None:
            self._watch = Timer(LONGEST, self._cut)
            self._watch.daemon = True
            self._watch.start()
        return super().getreply()  # type: ignore[misc]

    def close(self: Any) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().close()  # type: ignore[misc]

    def _cut(self: Any) -> None:
        if self.sock is not None:
            with suppress(OSError):  # it may have ended by itself in the same moment
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _Server(_Bounded, smtplib.SMTP):
    pass


class _TlsServer(_Bounded, smtplib.SMTP_SSL):
    pass


class Mail:
    """One mail server, and to whom it carries."""

    def __init__(
        self, name: str, settings: EmailSettings, clock: Clock, ca_bundle: str | None
    ) -> None:
        self.name = name
        self._settings, self._clock, self._ca_bundle = settings, clock, ca_bundle

    def close(self) -> None:
        """Nothing is held between two letters."""

    def send(self, message: Message) -> str:
        """Hand the letter to the server; RemoteError where it takes it for nobody.

        Says how many addresses it refused while it took others.
        """
        try:
            refused = self._delivered(self._letter(message))
        except smtplib.SMTPAuthenticationError as error:
            raise self._failed(reason("mail/login", code=error.smtp_code)) from None
        except smtplib.SMTPRecipientsRefused:
            raise self._failed(reason("mail/recipients")) from None
        except smtplib.SMTPResponseException as error:
            raise self._failed(reason("mail/code", code=error.smtp_code)) from None
        except smtplib.SMTPNotSupportedError:
            raise self._failed(reason("mail/unsupported")) from None
        except ssl.SSLError as error:
            raise self._failed(reason("mail/tls", cause=tls(error))) from None
        except (OSError, ValueError) as error:  # what they say may quote what was sent
            raise self._failed(reason("mail/broken", cause=system(error))) from None
        return f"{len(refused)} of the addresses in `to` were refused" if refused else ""

    def _delivered(self, letter: EmailMessage) -> Mapping[str, object]:
        """Return the addresses that were refused while others were taken."""
        server = self._connected()
        try:
            return server.send_message(letter)
        finally:
            with suppress(OSError):  # what it says to the goodbye changes nothing
                server.quit()

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        trust = ssl.create_default_context(cafile=self._ca_bundle)
        # Our name is given: smtplib would ask a name server for it, for as long as that takes.
        place = (settings.host, settings.port, socket.gethostname())
        server = (
            _TlsServer(*place, timeout=SECONDS, context=trust)
            if settings.security == "tls"
            else _Server(*place, timeout=SECONDS)
        )
        try:
            if settings.security == "starttls":
                server.starttls(context=trust)
            if settings.username and settings.password:
                server.login(settings.username, settings.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server

    def _letter(self, message: Message) -> EmailMessage:
        letter = EmailMessage()
        letter["Subject"] = message.title
        letter["From"] = self._settings.sender
        letter["To"] = ", ".join(self._settings.to)
        letter["Date"] = format_datetime(self._clock.now())
        letter["Message-ID"] = make_msgid(domain=self._settings.sender.rpartition("@")[2])
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.text)
        return letter

    def _failed(self, why: Reason) -> RemoteError:
        return RemoteError(f"channel:{self.name}", reason("not-told", why=why))


def connect(
    name: str,
    settings: EmailSettings,
    *,
    clock: Clock,
    random: Random,  # noqa: ARG001  a letter is tried once
    proxy: str | None,  # noqa: ARG001  mail does not go over the web's proxy
    ca_bundle: str | None,
) -> Mail:
    return Mail(name, settings, clock, ca_bundle)
