"""Settings for alerts, and for notifications about the health of sources: [alerts], [health]."""

from typing import Annotated, Final, Literal

import msgspec

from data.settings.value_types import MAX_NUMBER

MAIL_ADDRESS: Final = (
    r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\U0010ffff]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
"""Pattern of a mail address (RFC 5321) without comments and quoted parts."""


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the mail server of alerts, and for the operator's mails, which need no watch."""

    operator: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^({MAIL_ADDRESS})?\Z")],
        msgspec.Meta(
            description=(
                "A mail address that is notified when a source stops working or works again, "
                "without any watch."
            )
        ),
    ] = ""
    smtp_host: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(description="The mail server for alerts; it may have a private address."),
    ] = ""
    smtp_port: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=65535)],
        msgspec.Meta(description="The port of the mail server, up to 65535."),
    ] = 587
    smtp_tls: Annotated[
        Literal["starttls", "tls", "none"],
        msgspec.Meta(
            description=(
                "Encryption of the connection: `starttls`, `tls` (usually port 465), or "
                "`none` for a server on this machine."
            )
        ),
    ] = "starttls"
    smtp_user: Annotated[
        str, msgspec.Meta(description="The user name at the mail server; empty for no login.")
    ] = ""
    smtp_password: Annotated[str, msgspec.Meta(description="The password of that user.")] = ""
    smtp_password_file: Annotated[
        str,
        msgspec.Meta(description="A file with the password (a path from HOME)."),
    ] = ""
    sender: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^({MAIL_ADDRESS})?\Z")],
        msgspec.Meta(description="The sender address of alert mails."),
    ] = ""


class HealthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for notifications about the health of the service and its sources."""

    ping: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://\S+)?$")],
        msgspec.Meta(
            description=(
                "An address that `communique run` requests once a minute while it works. It "
                "adds `/fail` while it can't publish, and when it ends because of that (the "
                "protocol of healthchecks.io). The monitor at that address can alert you when "
                "the requests stop."
            )
        ),
    ] = ""
    ping_file: Annotated[
        str,
        msgspec.Meta(
            description=(
                "A file with this address (a path from HOME), since anyone who knows the "
                "address can send such requests."
            )
        ),
    ] = ""
    confirm_visits: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=10)],
        msgspec.Meta(
            description=(
                "Further visits that must confirm that a source stopped working or works "
                "again before it is reported, at most 10. 0 reports it at once."
            )
        ),
    ] = 2
    confirm_after: Annotated[
        # Longer values of Crawl-delay in robots.txt are reduced to this limit.
        Annotated[int, msgspec.Meta(ge=60, le=MAX_NUMBER)],
        msgspec.Meta(
            description=(
                "Seconds between these visits in `communique run`, 60 or more; longer if the "
                "host asks for it."
            )
        ),
    ] = 120
