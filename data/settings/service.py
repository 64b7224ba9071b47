"""Settings for the service: `[store]`, `[run]` and `[log]`."""

from typing import Annotated, Literal

import msgspec

from data.settings.value_types import LABEL


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
    url_file: Annotated[
        str,
        msgspec.Meta(
            description=(
                "A file with this address (a path from HOME), for an address with a password."
            )
        ),
    ] = ""


class Running(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the processes that visit sources."""

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

    format: Annotated[
        Literal["logfmt", "json"],
        msgspec.Meta(
            description=(
                "The format of log lines: `logfmt`, or `json` with one object per line. It "
                "applies to `run`, `serve` and `publish`, and to HOME/crawl.log, where their "
                "child processes log."
            )
        ),
    ] = "logfmt"
    level: Annotated[
        Literal["info", "warning", "error"],
        msgspec.Meta(
            description=(
                "Minimum level of log events: `info` for all, `warning` for possible faults, "
                "`error` for faults. Child processes and libraries log less."
            )
        ),
    ] = "info"
