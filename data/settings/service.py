"""Settings of the service: health checks, the store, and who makes the visits."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from data.settings.numbers import MAX_NUMBER


class HealthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is notified about the health of the service and its sources."""

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
        # No robots.txt can ask for a longer Crawl-delay.
        Annotated[int, msgspec.Meta(ge=60, le=MAX_NUMBER)],
        msgspec.Meta(
            description=(
                "Seconds between these visits in `communique run`, 60 or more; longer if the "
                "host asks for it."
            )
        ),
    ] = 120


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where releases are stored."""

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
    url_file: Annotated[
        str,
        msgspec.Meta(
            description=(
                "A file with this address (a path from HOME), for an address with a password."
            )
        ),
    ] = ""


class Running(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who makes the visits."""

    executor: Annotated[
        Literal["local", "procrastinate"],
        msgspec.Meta(
            description=(
                "Who makes the visits of `communique run`: `local` for this machine, "
                "`procrastinate` for any number of `communique worker` processes, which need "
                "`store.url`."
            )
        ),
    ] = "local"
