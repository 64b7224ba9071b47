"""Settings for the published site, `[site]`, and for access to buckets, `[bucket]`."""

from typing import Annotated, Final, Literal

import msgspec

from data.settings.value_types import MAX_BYTES, PLACE, Whole, WholeOrZero

MIN_FEED_BYTES: Final = 100_000
"""Minimum value of ``site.max_feed_bytes``, in bytes."""


class SiteSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the published site."""

    title: str = "Communique"
    """The name of the site, on its pages and feeds."""
    url: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")],
        msgspec.Meta(
            description=(
                "The public address of the site, such as `https://press.example`, as feeds "
                "name it. The default is the web server's address."
            )
        ),
    ] = "http://127.0.0.1:8080"
    entries: Whole = 100
    """Minimum number of releases in a feed, newest first. A feed has up to half as many more; older
    releases are on its archive pages."""
    max_feed_bytes: Annotated[int, msgspec.Meta(ge=MIN_FEED_BYTES, le=MAX_BYTES)] = 5_000_000
    """Maximum size of one feed document, 100000 bytes or more. Entries that do not fit keep a
    summary and a link to the full text, the largest first."""
    target: Annotated[
        Annotated[str, msgspec.Meta(pattern=PLACE)],
        msgspec.Meta(
            description=(
                "A place in a bucket, `s3://bucket/prefix`, to which the site is also "
                "published, and from which web nodes serve it. The default is HOME/site only."
            )
        ),
    ] = ""
    language: Literal["en", "az"] = "en"
    """The language of pages, topic names and dates: `en` for English, `az` for Azerbaijani. Reasons
    of health, API explanations, errors and the operator's room are in English."""
    hub: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(own|https?://[^\s/?#@]+([/?]\S*)?)?$")],
        msgspec.Meta(
            description=(
                "The address of a WebSub hub. Feeds name it, and it is notified of changes. "
                "`own` makes this site its own hub."
            )
        ),
    ] = ""
    access: Literal["open", "token"] = "open"
    """Who may read the site: `open` for everyone who reaches the web server, `token` for clients
    with a token (`communique token new`)."""
    api_rate: WholeOrZero = 600
    """Maximum number of costly requests per minute and address: `/api/`, searches, pages of the
    past, feeds on demand, missing pages. This machine may send ten times as many. 0 sets no limit.
    """
    connections: WholeOrZero = 100
    """Maximum number of open connections per address. This machine and trusted proxies have no
    limit. 0 sets no limit."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of trusted proxies on other machines. In `X-Forwarded-For`, only the
    last address counts, and only if a trusted proxy or one on this machine added it."""
    host: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]+\Z")],
        msgspec.Meta(description="The address on which the web server listens."),
    ] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080
    """The port on which the web server listens, up to 65535; 0 selects a free port."""


class BucketSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for access to the buckets of the site and the archive."""

    endpoint: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s/?#@]+/?)?\Z")],
        msgspec.Meta(
            description=(
                "The address of an S3 service, such as `https://s3.example`. The default is "
                "AWS in the region."
            )
        ),
    ] = ""
    region: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]*\Z")],
        msgspec.Meta(
            description="The region of the bucket. The default is AWS_REGION, or `us-east-1`."
        ),
    ] = ""
    access_key: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description=(
                "The access key. The default is AWS_ACCESS_KEY_ID, or the machine's own "
                "credentials."
            )
        ),
    ] = ""
    secret_key: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description=(
                "The secret key. The default is AWS_SECRET_ACCESS_KEY, or the machine's own "
                "credentials."
            )
        ),
    ] = ""
    secret_key_file: str = ""
    """A file with the secret key (a path from HOME)."""
