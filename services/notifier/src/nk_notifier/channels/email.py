"""E-mail over SMTP: plain text, and HTML beside it."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from pydantic import SecretStr

from nk_common.clock import Clock
from nk_notifier.channels.base import Message, NotAcceptedError

_PATIENCE = 20.0
"""Seconds that one answer of the server may take."""
_AT_MOST = 45.0
"""Seconds after which nothing is handed in any more. Whoever waits for the thread gives up later than that and sends
the message again, so a server that takes it after all would get it twice."""
_GOOD_BYE = 5.0


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in. `security`: TLS from the first byte, STARTTLS, or none."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str = ""
    password: SecretStr | None = None


class Email:
    """Sends to `recipients`, all at once. No error and no log names an address: they belong to people."""

    name = "email"

    def __init__(self, server: MailServer, sender: str, recipients: list[str], clock: Clock) -> None:
        self._server = server
        self._sender = sender
        self._recipients = recipients
        self._clock = clock

    async def send(self, message: Message) -> str | None:
        # The standard library's client blocks; a thread waits for it.
        return await asyncio.to_thread(self._hand_in, message)

    def _hand_in(self, message: Message) -> str | None:
        until = time.monotonic() + _AT_MOST
        with _sayable(self._server.security):
            server = self._connection()
            try:
                with _cut_off(server, until - time.monotonic()):
                    refused = server.send_message(self._mail(message), self._sender, self._recipients)
                _take_leave(server)
            finally:
                server.close()
        if not refused:
            return None
        # Sent again, the others would get it again.
        return f"The mail server refused {len(refused)} of {len(self._recipients)} recipients. Check NK_ALERT_EMAIL_TO."

    def _connection(self) -> smtplib.SMTP:
        """Connected, encrypted and logged in as the settings say."""
        where, trusted = self._server, ssl.create_default_context()
        server: smtplib.SMTP
        if where.security == "tls":
            server = smtplib.SMTP_SSL(where.host, where.port, timeout=_PATIENCE, context=trusted)
        else:
            server = smtplib.SMTP(where.host, where.port, timeout=_PATIENCE)
        try:
            if where.security == "starttls":
                server.starttls(context=trusted)
            if where.username and where.password:
                server.login(where.username, where.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = message.subject
        mail["From"] = self._sender
        mail["To"] = ", ".join(self._recipients)
        mail["Date"] = format_datetime(self._clock.now())
        # The same for every attempt: mail programs show a message that came twice once.
        mail["Message-ID"] = f"<{message.id}@nkdash.invalid>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        mail.add_alternative(message.html, subtype="html")
        return mail


@contextmanager
def _cut_off(server: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Break the connection when the body takes longer, however often the server says a word in between."""

    def cut() -> None:
        with suppress(OSError):
            if server.sock:
                server.sock.shutdown(socket.SHUT_RDWR)

    if seconds <= 0:
        raise TimeoutError
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _take_leave(server: smtplib.SMTP) -> None:
    """The message was accepted: whatever the server says now, it has it."""
    with suppress(OSError, smtplib.SMTPException):
        if server.sock:
            server.sock.settimeout(_GOOD_BYE)
        server.quit()


@contextmanager
def _sayable(security: str) -> Iterator[None]:
    """What went wrong, as a sentence for whoever can mend it."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise NotAcceptedError(
            f"The mail server refused the login ({error.smtp_code}). Check NK_SMTP_USERNAME and NK_SMTP_PASSWORD."
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        raise NotAcceptedError(
            f"The mail server refused all {len(error.recipients)} recipients. Check NK_ALERT_EMAIL_TO."
        ) from None
    except smtplib.SMTPResponseException as error:
        raise NotAcceptedError(
            f"The mail server refused the message ({error.smtp_code}). Check NK_SMTP_FROM, and its log."
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise NotAcceptedError(
            f"The mail server does not offer what NK_SMTP_SECURITY={security} and the login need. "
            "Check NK_SMTP_SECURITY."
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotAcceptedError(
            f"The mail server cannot be used ({type(error).__name__}). Check NK_SMTP_HOST, NK_SMTP_PORT and "
            "NK_SMTP_SECURITY."
        ) from None
