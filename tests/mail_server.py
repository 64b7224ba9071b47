"""A real mail server on loopback, which keeps what it is given."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


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


def certificate(folder: Path) -> Path:
    """A file of a key and a certificate for 127.0.0.1, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail server of a test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "server.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def mail_served(tls: str = "none", pem: Path | None = None) -> Iterator[MailServer]:
    """A mail server, while it is served; with a certificate, ``tls`` is starttls or tls."""
    context = None
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
    server = MailServer()
    ready = threading.Event()
    stops: list[Callable[[], object]] = []

    def session() -> SMTP:
        begins = context if tls == "starttls" else None
        return SMTP(
            server,
            authenticator=server.authenticate,
            auth_require_tls=False,
            tls_context=begins,
            require_starttls=begins is not None,
        )

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        end = asyncio.Event()
        stops.append(lambda: loop.call_soon_threadsafe(end.set))
        listening = await loop.create_server(
            session, "127.0.0.1", 0, ssl=context if tls == "tls" else None
        )
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
