"""Mail: a message as MIME (RFC 5322, RFC 2045), and how a mail server is given it (RFC 5321)."""

from __future__ import annotations

import asyncio
import email.policy
import socket
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

import aiosmtplib

from data.clock import utc_now
from data.models import AlertMessage
from data.settings import Alerts, Site
from data.text.clean import plain
from data.watches.watch import Watch
from feeds.alerts.messages import Undelivered
from feeds.alerts.text import text_of

PATIENCE: Final = 30.0
"""Seconds from the look-up of a server to its last answer."""

FAREWELL: Final = 5.0
"""Seconds that a server has for its farewell."""

PERMANENT: Final = 500
"""The first reply code by which a server says that it will never take it (RFC 5321, 4.2.1)."""


async def send(
    watch: Watch, message: AlertMessage, recipient: str, settings: Alerts, site: Site
) -> None:
    """Send a message by the mail server of the settings. Raises Undelivered."""
    if not settings.smtp_host:
        raise Undelivered("no mail server is named: write smtp_host under [alerts]")
    await hand_over(mail_of(watch, message, recipient, settings, site), recipient, settings)


def mail_of(
    watch: Watch, message: AlertMessage, recipient: str, settings: Alerts, site: Site
) -> EmailMessage:
    """A message as mail; its Message-ID is the same with each attempt."""
    text = text_of(watch, message, site)
    # What a header could not hold is refused by the library, a line break above all.
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"] = Address(plain(site.title), addr_spec=settings.sender)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = text.subject
    mail["Date"] = format_datetime(utc_now())
    mail["Message-ID"] = f"<{message.key}@{settings.sender.rpartition('@')[2]}>"
    # Nobody's absence shall answer (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text.plain)
    mail.add_alternative(text.html, subtype="html")
    return mail


async def hand_over(mail: EmailMessage, recipient: str, settings: Alerts) -> None:
    """Give a mail to the mail server. Raises Undelivered."""
    server = f"the mail server {settings.smtp_host}"
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        username=settings.smtp_user or None,
        password=settings.smtp_password or None,
        local_hostname=socket.gethostname(),
        timeout=PATIENCE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await client.connect()
            await client.send_message(mail, sender=settings.sender, recipients=[recipient])
    except aiosmtplib.SMTPRecipientsRefused as error:
        refused = error.recipients[0]
        final = refused.code >= PERMANENT
        raise Undelivered(f"{server} refused {recipient}: {refused.code}", final=final) from error
    except aiosmtplib.SMTPResponseException as error:
        # Not its words: what it repeats of a login is nobody's business.
        raise Undelivered(f"{server} answered {error.code}") from error
    except TimeoutError as error:
        raise Undelivered(f"{server} did not answer within {PATIENCE:g} seconds") from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise Undelivered(f"{server} did not take it: {error}") from error
    else:
        # It is taken, however the server says farewell; that of TLS is not waited for.
        transport = client.transport
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=FAREWELL)
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
    finally:
        client.close()
