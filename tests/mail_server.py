"""A real mail server on loopback, which keeps what it is given."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Received(NamedTuple):
    """A mail, and for whom it was."""

    sender: str
    recipients: list[str]
    mail: EmailMessage


class MailServer:
    """Takes every mail, or answers the next of ``replies``; knows one user and a password.

    Recipients that begin with ``nobody`` are refused for good.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.replies: deque[str] = deque()
        self.users: list[str] = []
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - as the library calls it
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Take a recipient, or not."""
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail, or not."""
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.received.append(Received(envelope.mail_from or "", envelope.rcpt_tos, mail))
        return self.replies.popleft() if self.replies else "250 OK"

    def authenticate(
        self, _: SMTP, __: Session, ___: Envelope, ____: str, data: LoginPassword
    ) -> AuthResult:
        """Let in whoever knows the password."""
        self.users.append(data.login.decode())
        return AuthResult(success=data.password == b"hush")


@contextmanager
def mail_served() -> Iterator[MailServer]:
    """A mail server, while it is served."""
    server = MailServer()
    ready = threading.Event()
    stops: list[Callable[[], object]] = []

    def session() -> SMTP:
        return SMTP(server, authenticator=server.authenticate, auth_require_tls=False)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        end = asyncio.Event()
        stops.append(lambda: loop.call_soon_threadsafe(end.set))
        listening = await loop.create_server(session, "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()
        await end.wait()
        listening.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    try:
        yield server
    finally:
        stops[0]()
        thread.join(30)
