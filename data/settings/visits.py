"""Settings for visits to sources: `[network]` and `[collect]`."""

from typing import Annotated

import msgspec

from data.settings.value_types import MAX_NUMBER, Bytes, Days, Seconds, Whole


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for network requests."""

    allow_private: bool = False
    """Allow sources on loopback and private addresses."""
    contact: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[^\x00-\x1f\x7f]*\Z",
            description=(
                "Your mail address or URL. The user agent contains it, so that a site can "
                "reach you."
            ),
        ),
    ] = ""
    sign: bool = False
    """Sign all requests (Web Bot Auth), so that a site can recognize and admit them. Also set
    `contact`, and the public address in `site.url`."""
    proxies: dict[str, str] = msgspec.field(default_factory=dict)
    """Proxies by name, such as `eu = "socks5://user:password@192.0.2.7:1080"`, with http or socks5.
    A source file selects one with `proxy = "eu"`. A proxy whose name is a host, such as
    `"acme.example"`, gets all requests to this host."""
    delay: Seconds = 1.0
    """Minimum seconds between two requests to one host, 0 or more (never applied to loopback)."""
    timeout: Annotated[float, msgspec.Meta(gt=0, le=MAX_NUMBER)] = 60.0
    """Maximum seconds for one response, more than 0."""
    max_bytes: Bytes = 20_000_000
    """Maximum decoded bytes of one response."""


class Collect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the scope and frequency of visits."""

    interval: Whole = 900
    """Mean seconds between two visits to a source without its own interval, over all such sources
    and over a week. Each source is visited more often at the times when it usually publishes."""
    least_interval: Whole = 120
    """Minimum seconds between two visits to a source, even if it publishes often. Sources with a
    shorter interval are visited evenly."""
    max_pages: Whole = 500
    """Maximum number of pages of each listing per visit. A visit reads at least the first page and
    one later page. If it continues a walk back to the first release, it also requests the page
    where the last visit stopped."""
    backfill_pages: Whole = 5000
    """Maximum number of pages of a walk back to the first release, and of one visit with
    `--backfill`."""
    revisit_days: Days = 14
    """Days after publication during which every visit checks a release for changes."""
    revisit_most: Whole = 1000
    """Maximum number of stored releases that one visit checks for changes."""
    retract_after: Seconds = 21600
    """Seconds after which a missing release is retracted if it is still missing. 0 retracts it at
    the next visit."""
    run_timeout: Whole = 3600
    """Maximum seconds of a visit; the next visit continues."""
