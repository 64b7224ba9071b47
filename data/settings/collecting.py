"""What is visited and how, and what is kept of it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from data.settings.numbers import MOST, Bytes, Days, Seconds, Whole


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pages are fetched."""

    allow_private: Annotated[
        bool,
        msgspec.Meta(description="Collect from loopback and private addresses too."),
    ] = False
    contact: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[^\x00-\x1f\x7f]*\Z",
            description="A mail address or URL of yours that the user agent names, so that a site "
            "can reach you.",
        ),
    ] = ""
    delay: Annotated[
        Seconds,
        msgspec.Meta(
            description="Seconds between two requests to one host, 0 or more (never applied to "
            "loopback)."
        ),
    ] = 1.0
    timeout: Annotated[
        Annotated[float, msgspec.Meta(gt=0, le=MOST)],
        msgspec.Meta(description="Seconds after which one response is given up, more than 0."),
    ] = 60.0
    max_bytes: Annotated[
        Bytes, msgspec.Meta(description="Bytes, decoded, after which one response is given up.")
    ] = 20_000_000


class Collect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a visit looks at, and how often visits come."""

    interval: Annotated[
        Whole,
        msgspec.Meta(
            description="Seconds between two visits to a source that sets none itself, in the mean "
            "over all of these and over a week: each is visited when it is known to publish."
        ),
    ] = 900
    least_interval: Annotated[
        Whole,
        msgspec.Meta(
            description="Seconds between two visits to a source at the least, however much it "
            "publishes; a source whose interval is no longer is visited evenly."
        ),
    ] = 120
    max_pages: Annotated[
        Whole,
        msgspec.Meta(
            description="Maximum number of pages of each listing per visit. A visit reads at least "
            "the first page and one later page. If it continues a walk back to the first release, "
            "it also requests the page where the last visit stopped."
        ),
    ] = 500
    backfill_pages: Annotated[
        Whole,
        msgspec.Meta(
            description="Pages of a listing after which a walk ends that has not come to the first "
            "release; one visit with `--backfill` reads so many."
        ),
    ] = 5000
    revisit_days: Annotated[
        Days,
        msgspec.Meta(description="Days for which every visit looks again at a release."),
    ] = 14
    revisit_most: Annotated[
        Whole, msgspec.Meta(description="Stored releases that one visit looks at again at most.")
    ] = 1000
    retract_after: Annotated[
        Seconds,
        msgspec.Meta(
            description="Seconds after which a release that was found gone, and still is, is "
            "retracted; 0 is the next visit."
        ),
    ] = 21600
    run_timeout: Annotated[
        Whole,
        msgspec.Meta(description="Seconds after which a visit is stopped; the next one goes on."),
    ] = 3600


class Health(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told how this service and its sources are."""

    ping: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://\S+)?$")],
        msgspec.Meta(
            description="An address that `communique run` calls once a minute while it works, and "
            "with `/fail` at its end while it can't publish, as healthchecks.io takes it: whoever "
            "answers there can tell you that the calls have ended."
        ),
    ] = ""
    ping_file: Annotated[
        str,
        msgspec.Meta(
            description="The file that holds this address instead (a path from HOME): whoever "
            "knows it can make such calls."
        ),
    ] = ""
    confirm_visits: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=10)],
        msgspec.Meta(
            description="Further visits that must agree before it is told that a source stopped "
            "working, or works again, 10 at most; 0 tells it at the first."
        ),
    ] = 2
    confirm_after: Annotated[
        # No robots.txt can ask for a longer Crawl-delay.
        Annotated[int, msgspec.Meta(ge=60, le=MOST)],
        msgspec.Meta(
            description="Seconds after which `communique run` makes each of these visits, 60 or "
            "more, unless its host asked to be let alone for longer."
        ),
    ] = 120


class Store(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where releases are kept."""

    url: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^(?:postgres(?:ql)?://[^\x00-\x20\x7f]+)?\Z",
            description="The address of a database of PostgreSQL, `postgresql://user@host/database`"
            "; left out, releases are kept in HOME/communique.db.",
        ),
    ] = ""
    url_file: Annotated[
        str,
        msgspec.Meta(
            description="The file that holds this address instead, where it has a password (a path "
            "from HOME)."
        ),
    ] = ""


class Running(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who makes the visits."""

    executor: Annotated[
        Literal["local", "procrastinate"],
        msgspec.Meta(
            description="Who makes the visits of `communique run`: `local` is this machine, "
            "`procrastinate` any number of `communique worker`, for which `store.url` is needed."
        ),
    ] = "local"
