"""The settings of a HOME: communique.toml, decoded strictly, and what the environment says instead.

Each setting is a name, a default and a sentence; docs/reference/settings.md lists them all, and a
test holds it to that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from data.environment import ENVIRONMENT, settings_named, with_secrets
from data.errors import SettingsError
from data.toml_files import decode, read_text

Whole = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


MAIL_ADDRESS = (
    r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\U0010ffff]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
"""A mail address as mail servers take it (RFC 5321), without comments and quotation marks."""


ANYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 - told from others, not listened on
"""Hosts that a server listens on and nobody reaches."""


PLACE = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?)?\Z"
"""A place in a bucket: its name, as S3 allows them, and a prefix."""


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
        Annotated[float, msgspec.Meta(gt=0)],
        msgspec.Meta(description="Seconds after which one response is given up, more than 0."),
    ] = 60.0
    max_bytes: Annotated[
        Whole, msgspec.Meta(description="Bytes, decoded, after which one response is given up.")
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
            description="Pages of a listing that one visit reads at the most; the walk back to the "
            "first release goes on in the next visits."
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
        Whole,
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


class Bucket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How buckets are reached in which the site and the archive may lie."""

    endpoint: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s/?#@]+/?)?\Z")],
        msgspec.Meta(
            description="The address of the store that speaks S3; left out, it is that of AWS in "
            "the region."
        ),
    ] = ""
    region: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]*\Z")],
        msgspec.Meta(
            description="The region of the bucket; left out, what AWS_REGION says, or `us-east-1`."
        ),
    ] = ""
    access_key: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description="The key to the bucket; left out, what AWS_ACCESS_KEY_ID says, or the "
            "machine is given."
        ),
    ] = ""
    secret_key: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description="Its secret; left out, what AWS_SECRET_ACCESS_KEY says, or the machine is "
            "given."
        ),
    ] = ""
    secret_key_file: Annotated[
        str,
        msgspec.Meta(description="The file that holds this secret instead (a path from HOME)."),
    ] = ""


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The published site."""

    title: Annotated[
        str, msgspec.Meta(description="The name of the site, on its pages and feeds.")
    ] = "Communique"
    url: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")],
        msgspec.Meta(
            description="The public address of the site, as readers reach it; feeds name it. Left "
            "out, it is where the web server listens."
        ),
    ] = "http://127.0.0.1:8080"
    entries: Annotated[
        Whole,
        msgspec.Meta(
            description="Releases in a feed, newest first: so many at least, and up to half as "
            "many more; older ones are on its archive pages."
        ),
    ] = 100
    target: Annotated[
        Annotated[str, msgspec.Meta(pattern=PLACE)],
        msgspec.Meta(
            description="A place in a bucket, `s3://bucket/prefix`, to which the site is published "
            "too, and from which web nodes serve it; left out, it is HOME/site alone."
        ),
    ] = ""
    language: Annotated[
        Literal["en", "az"],
        msgspec.Meta(
            description="The language of pages, of the names of topics and of dates: `en` for "
            "English, `az` for Azerbaijani. Reasons of health, explanations of the API, errors and "
            "the operator's room are English."
        ),
    ] = "en"
    hub: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(own|https?://[^\s/?#@]+([/?]\S*)?)?$")],
        msgspec.Meta(
            description="The address of a WebSub hub that feeds name and that is told of changes; "
            "`own` makes this site its own hub."
        ),
    ] = ""
    access: Annotated[
        Literal["open", "token"],
        msgspec.Meta(
            description="Who may read the site: `open` is everybody who reaches the web server, "
            "`token` those with a token (`communique token new`)."
        ),
    ] = "open"
    api_rate: Annotated[
        Annotated[int, msgspec.Meta(ge=0)],
        msgspec.Meta(
            description="Requests to `/api/` that one address may make a minute, and at once; this "
            "machine ten times as many. 0 sets no bound."
        ),
    ] = 600
    connections: Annotated[
        Annotated[int, msgspec.Meta(ge=0)],
        msgspec.Meta(
            description="Connections that one address may have open at once, of this machine and "
            "of proxies as many as there are. 0 sets no bound."
        ),
    ] = 100
    proxies: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Addresses or networks of proxies before the web server that are on other "
            "machines: what they say of where a request came from (`X-Forwarded-For`) is believed, "
            "as that of this machine is."
        ),
    ] = ()
    host: Annotated[
        str, msgspec.Meta(description="The address that the web server listens on.")
    ] = "127.0.0.1"
    port: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=65535)],
        msgspec.Meta(
            description="The port that the web server listens on, up to 65535; 0 takes a free one."
        ),
    ] = 8080


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
        Annotated[int, msgspec.Meta(ge=60)],
        msgspec.Meta(
            description="Seconds after which `communique run` makes each of these visits, 60 or "
            "more, unless its host asked to be let alone for longer."
        ),
    ] = 120


class Archive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of what servers answered, and by whom its log is witnessed."""

    enabled: Annotated[
        bool,
        msgspec.Meta(description="Keep what servers answer in HOME/archive, as WARC files."),
    ] = True
    attachments: Annotated[
        bool,
        msgspec.Meta(
            description="Keep the attachments of releases too; `archive` in a source file says "
            "otherwise for one source."
        ),
    ] = True
    images: Annotated[bool, msgspec.Meta(description="Keep the images of releases too.")] = False
    max_file: Annotated[
        Whole,
        msgspec.Meta(
            description="Bytes after which a WARC file is full and another one begins; one that is "
            "a day old is full too."
        ),
    ] = 1_000_000_000
    budget: Annotated[
        Annotated[int, msgspec.Meta(ge=0)],
        msgspec.Meta(
            description="Bytes of WARC files beyond which no answer is kept any more, which "
            "every visit then tells; 0 sets no bound."
        ),
    ] = 0
    target: Annotated[
        Annotated[str, msgspec.Meta(pattern=PLACE)],
        msgspec.Meta(
            description="A place in a bucket, `s3://bucket/prefix`, to which `communique run` "
            "copies the finished files of the archive and its log every hour."
        ),
    ] = ""
    retention: Annotated[
        Annotated[int, msgspec.Meta(ge=0)],
        msgspec.Meta(
            description="Days for which `communique mirror prune` leaves records alone; 0 is for "
            "ever."
        ),
    ] = 0
    witnesses: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^([^\s+]+\+[0-9a-f]{8}\+\S+ )?\S.*$")], ...],
        msgspec.Meta(
            description="Witnesses that are asked to sign the log too: the address of each, or its "
            "folder (a path from HOME), with its key and a space before it where it publishes none."
        ),
    ] = ()
    witnessed: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^\S")], ...],
        msgspec.Meta(
            description="Logs of others that `communique run` signs every hour, as their witness: "
            "the address of the site of each, or a folder."
        ),
    ] = ()
    timestamp: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://\S+)?$")],
        msgspec.Meta(
            description="The address of a time-stamp authority (RFC 3161) that is asked to date "
            "the log."
        ),
    ] = ""


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which mail server watches tell by mail, and who is told without one."""

    operator: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^({MAIL_ADDRESS})?\Z")],
        msgspec.Meta(
            description="A mail address that is told where a source stops working, and when it "
            "works again, without any watch."
        ),
    ] = ""
    smtp_host: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description="The mail server that takes what watches send by mail; it may have a "
            "private address."
        ),
    ] = ""
    smtp_port: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=65535)],
        msgspec.Meta(description="Its port, up to 65535."),
    ] = 587
    smtp_tls: Annotated[
        Literal["starttls", "tls", "none"],
        msgspec.Meta(
            description="How the connection is encrypted: `starttls` after its beginning, `tls` "
            "from it on (port 465, most often), `none` for a server on this machine."
        ),
    ] = "starttls"
    smtp_user: Annotated[
        str, msgspec.Meta(description="The user to log in as; empty, nobody logs in.")
    ] = ""
    smtp_password: Annotated[str, msgspec.Meta(description="The password of that user.")] = ""
    smtp_password_file: Annotated[
        str,
        msgspec.Meta(
            description="The file that holds this password instead, so that this one holds no "
            "secret (a path from HOME)."
        ),
    ] = ""
    sender: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^({MAIL_ADDRESS})?\Z")],
        msgspec.Meta(description="The address that mail comes from."),
    ] = ""


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How is told what happens."""

    format: Annotated[
        Literal["logfmt", "json"],
        msgspec.Meta(
            description="How `run`, `serve` and `publish` write a line about each event, and their "
            "children into HOME/crawl.log: `logfmt`, or `json` with one object a line."
        ),
    ] = "logfmt"
    level: Annotated[
        Literal["info", "warning", "error"],
        msgspec.Meta(
            description="What is told: `info` is all, `warning` what may be wrong, `error` what "
            "is. Of children and of libraries less is told."
        ),
    ] = "info"


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


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of communique.toml; every part and every key may be left out."""

    network: Network = msgspec.field(default_factory=Network)
    collect: Collect = msgspec.field(default_factory=Collect)
    site: Site = msgspec.field(default_factory=Site)
    bucket: Bucket = msgspec.field(default_factory=Bucket)
    health: Health = msgspec.field(default_factory=Health)
    archive: Archive = msgspec.field(default_factory=Archive)
    alerts: Alerts = msgspec.field(default_factory=Alerts)
    store: Store = msgspec.field(default_factory=Store)
    log: Log = msgspec.field(default_factory=Log)
    run: Running = msgspec.field(default_factory=Running)


def load_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the file at ``path``, those that the environment names, and the defaults.

    Raises SettingsError that names the key, or the variable, and the fix.
    """
    settings = Settings()
    if path.exists():
        settings = decode(read_text(path, SettingsError), Settings, str(path), SettingsError)
    parts = {
        name: with_secrets(getattr(settings, name), name, path)
        for name in Settings.__struct_fields__
    }
    variables = {}
    for named in settings_named(environ, Settings, path.parent):
        variables[named.part, named.key] = ENVIRONMENT, named.variable
        parts[named.part] = msgspec.structs.replace(parts[named.part], **{named.key: named.value})
    settings = msgspec.structs.replace(settings, **parts)
    alerts = settings.alerts
    if alerts.smtp_host and not alerts.sender:
        fix = "write the address that mail comes from, as a mail server is named"
        raise SettingsError(str(path), "alerts.sender", fix)
    if alerts.operator and not alerts.smtp_host:
        fix = "name the mail server that takes what alerts.operator is told"
        raise SettingsError(str(path), "alerts.smtp_host", fix)
    places = sorted(
        f"{part.target.rstrip('/')}/" for part in (settings.site, settings.archive) if part.target
    )
    if len(places) > 1 and places[1].startswith(places[0]):
        fix = "site.target is within it, or around it; give each a prefix with nothing else in it"
        raise SettingsError(str(path), "archive.target", fix)
    if bool(settings.bucket.access_key) != bool(settings.bucket.secret_key):
        missing = "secret_key" if settings.bucket.access_key else "access_key"
        fix = "write it too: a key has both, or leave out both, as the environment says them"
        raise SettingsError(str(path), f"bucket.{missing}", fix)
    for proxy in settings.site.proxies:
        try:
            ip_network(proxy, strict=False)
        except ValueError as error:
            fix = f'{proxy!r} is no address and no network, such as "192.0.2.7" or "172.18.0.0/16"'
            place = variables.get(("site", "proxies"), (str(path), "site.proxies"))
            raise SettingsError(*place, fix) from error
    if settings.run.executor == "procrastinate" and not settings.store.url:
        fix = "write the address of a database of PostgreSQL, which all workers share"
        raise SettingsError(str(path), "store.url", fix)
    return msgspec.structs.replace(settings, site=addressed(settings.site))


def addressed(site: Site) -> Site:
    """A site with the address that it listens on, where it was given that and no public one."""
    own = Site()
    if site.url != own.url or not site.port or (site.host, site.port) == (own.host, own.port):
        return site
    host = own.host if site.host in ANYWHERE else site.host
    host = f"[{host}]" if ":" in host else host
    return msgspec.structs.replace(site, url=f"http://{host}:{site.port}")
