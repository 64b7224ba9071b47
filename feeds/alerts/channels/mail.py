"""E-mail channel: writes MIME messages (RFC 5322, RFC 2045) and sends them by SMTP (RFC 5321)."""

import asyncio
import email.policy
import socket
from collections.abc import Iterator
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated, ClassVar, Final, Self, TypeAlias

import aiosmtplib
import msgspec

from data.clock import utc_now
from data.settings import MAIL_ADDRESS, Alerts
from data.text.clean import plain
from feeds.alerts.channels.channel import Alert, AlertChannel, Undelivered

SMTP_TIMEOUT_SECONDS: Final = 30.0
"""Maximum time in seconds for sending a mail, from the DNS look-up to the mail server's last
reply."""

QUIT_TIMEOUT_SECONDS: Final = 5.0
"""Maximum time in seconds to wait for the reply to QUIT."""

MIN_PERMANENT_CODE: Final = 500
"""Lowest SMTP reply code that means a permanent failure (RFC 5321, section 4.2.1)."""

MailAddress: TypeAlias = Annotated[str, msgspec.Meta(pattern=rf"^{MAIL_ADDRESS}\Z")]


class Mail(AlertChannel, frozen=True, forbid_unknown_fields=True):
    """E-mail channel of a watch. Each of its addresses gets a separate message."""

    to: Annotated[
        tuple[MailAddress, ...],
        msgspec.Meta(min_length=1, description="Addresses such as desk@news.example, in a list."),
    ]

    table: ClassVar[str] = "mail"
    metavar: ClassVar[str] = "ADDRESS"
    option_help: ClassVar[str] = "E-mail address that receives alerts."
    repeated: ClassVar[bool] = True

    @classmethod
    def from_option(cls, values: tuple[str, ...]) -> Self:
        """Return the channel for the e-mail addresses in the option's values."""
        return cls(values)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, one per address: ``mail:desk@news.example``."""
        return tuple(f"{self.table}:{one}" for one in self.to)

    def described(self) -> str:
        """Return a description of the channel, such as ``mail to desk@news.example``."""
        return f"mail to {', '.join(self.to)}"

    def missing(self, alerts: Alerts) -> Iterator[str]:
        """Yield a message if the settings contain no mail server."""
        if not alerts.smtp_host:
            yield "no mail is sent until smtp_host is set under [alerts] in communique.toml"

    async def send(self, alert: Alert) -> None:
        """Send a mail to one address.

        Raises Undelivered if the mail server did not accept the mail.
        """
        settings = alert.environment.alerts
        if not settings.smtp_host:
            raise Undelivered("no mail server is configured; set smtp_host under [alerts]")
        await deliver(mail_of(alert), alert.recipient, settings)


def mail_of(alert: Alert) -> EmailMessage:
    """Convert an alert to a mail, with the same Message-ID in every attempt."""
    settings, site = alert.environment.alerts, alert.environment.site
    text = alert.text
    # This library rejects invalid headers, especially headers with line breaks.
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"] = Address(plain(site.title), addr_spec=settings.sender)
    mail["To"] = Address(addr_spec=alert.recipient)
    mail["Subject"] = text.subject
    mail["Date"] = format_datetime(utc_now())
    mail["Message-ID"] = f"<{alert.message.key}@{settings.sender.rpartition('@')[2]}>"
    # Suppresses automatic replies such as out-of-office notices (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text.plain)
    mail.add_alternative(text.html, subtype="html")
    return mail


async def deliver(mail: EmailMessage, recipient: str, settings: Alerts) -> None:
    """Send a mail through the mail server in the settings.

    Raises Undelivered if the mail server did not accept the mail.
    """
    server = f"the mail server {settings.smtp_host}"
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        username=settings.smtp_user or None,
        password=settings.smtp_password or None,
        local_hostname=socket.gethostname(),
        timeout=SMTP_TIMEOUT_SECONDS,
    )
    try:
        async with asyncio.timeout(SMTP_TIMEOUT_SECONDS):
            await client.connect()
            await client.send_message(mail, sender=settings.sender, recipients=[recipient])
    except aiosmtplib.SMTPRecipientsRefused as error:
        refused = error.recipients[0]
        final = refused.code >= MIN_PERMANENT_CODE
        raise Undelivered(f"{server} refused {recipient}: {refused.code}", final=final) from error
    except aiosmtplib.SMTPResponseException as error:
        # The message contains only the reply code, because the text of a reply may repeat the
        # login.
        raise Undelivered(f"{server} responded with {error.code}") from error
    except TimeoutError as error:
        seconds = f"{SMTP_TIMEOUT_SECONDS:g} seconds"
        raise Undelivered(f"{server} did not respond within {seconds}") from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise Undelivered(f"{server} did not accept the message: {error}") from error
    else:
        # The server has accepted the mail, even if QUIT fails. Do not wait for the end of TLS.
        transport = client.transport
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=QUIT_TIMEOUT_SECONDS)
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
    finally:
        client.close()
