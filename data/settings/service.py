"""Settings for the service: `[store]`, `[run]`, `[log]`, `[alerts]` and `[health]`."""

from typing import Annotated, Final, Literal

import msgspec

from data.settings.value_types import LABEL, MAX_NUMBER

MAIL_ADDRESS: Final = (
    r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\U0010ffff]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
"""Pattern of a mail address (RFC 5321) without comments and quoted parts."""


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the database with the releases."""

    url: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^(?:postgres(?:ql)?://[^\x00-\x20\x7f]+)?\Z",
            description=(
                "The address of a PostgreSQL database, `postgresql://user@host/database`. The "
                "default is the SQLite file HOME/communique.db."
            ),
        ),
    ] = ""
    url_file: str = ""
    """A file with this address (a path from HOME), for an address with a password."""


class Running(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the processes that visit sources."""

    executor: Literal["local", "procrastinate"] = "local"
    """Who makes the visits of `communique run`: `local` for this machine, `procrastinate` for any
    number of `communique worker` processes, which need `store.url`."""
    vantage: Annotated[
        Annotated[str, msgspec.Meta(pattern=LABEL)],
        msgspec.Meta(
            description=(
                "The label of this worker, such as `eu`. It also makes the visits to sources with "
                '`vantage = "eu"`, which no other worker makes.'
            )
        ),
    ] = ""


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the format and level of logs."""

    format: Literal["logfmt", "json"] = "logfmt"
    """The format of log lines: `logfmt`, or `json` with one object per line. It applies to `run`,
    `serve` and `publish`, and to HOME/crawl.log, where their child processes log."""
    level: Literal["info", "warning", "error"] = "info"
    """Minimum level of log events: `info` for all, `warning` for possible faults, `error` for
    faults. Child processes and libraries log less."""


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
    smtp_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    """The port of the mail server, up to 65535."""
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    """Encryption of the connection: `starttls`, `tls` (usually port 465), or `none` for a server on
    this machine."""
    smtp_user: str = ""
    """The user name at the mail server; empty for no login."""
    smtp_password: str = ""
    """The password of that user."""
    smtp_password_file: str = ""
    """A file with the password (a path from HOME)."""
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
    ping_file: str = ""
    """A file with this address (a path from HOME), since anyone who knows the address can send such
    requests."""
    confirm_visits: Annotated[int, msgspec.Meta(ge=0, le=10)] = 2
    """Further visits that must confirm that a source stopped working or works again before it is
    reported, at most 10. 0 reports it at once."""
    confirm_after: Annotated[int, msgspec.Meta(ge=60, le=MAX_NUMBER)] = 120
    """Seconds between these visits in `communique run`, 60 or more; longer if the host asks for it.
    """
