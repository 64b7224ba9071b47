"""Load a home directory's settings from communique.toml and environment variables.

In the URL of a PostgreSQL database, separators in the password must be escaped. PostgreSQL is more
permissive than RFC 3986, but other programs would split the URL elsewhere and reveal a part of the
password.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

import msgspec

from data.environment import ENVIRONMENT, settings_named, with_secrets
from data.errors import SettingsError
from data.settings import Settings, SiteSettings
from data.toml_files import decode, read_text

ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - only compared with, not listened on
"""Wildcard addresses that a server may listen on. Clients can't send requests to them."""

CLEARLY_ESCAPED: Final = re.compile(
    r"postgres(?:ql)?://"
    r"(?:(?:[A-Za-z0-9._~!$&()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?"
    r"(?:[A-Za-z0-9._~:,\[\]-]|%[0-9A-Fa-f]{2})*"
    r"(?:[/?](?:[A-Za-z0-9._~!$&()*+,;=:/?-]|%[0-9A-Fa-f]{2})*)?"
)
"""Pattern of PostgreSQL URLs without unescaped separators in user, password and options."""

UNMASKED_CHARACTER: Final = re.compile("[\\s\"'<>]")
"""Pattern of characters that would prevent a password in an address from being masked."""

MAX_SOCKS_BYTES: Final = 255
"""Maximum length in bytes of a user or password for SOCKS5 (RFC 1929)."""

ESCAPING_MESSAGE: Final = (
    "this database address can't be read, and is not shown because it may contain a password: "
    "write each character that is not a letter or digit as its percent code, such as %25 for a "
    "percent sign, %2F for a slash, %3F for a question mark, %23 for a number sign, %40 for an at "
    "sign, %27 for an apostrophe"
)

Fault: TypeAlias = tuple[str, str, str]
"""A table of settings, a key, and how to correct its value."""


def load_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Load the settings from the file at ``path``, environment variables, and defaults.

    Raises SettingsError, whose message contains the key or variable and the fix.
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

    for table, key, fix in faults_of(settings):
        place = variables.get((table, key), (str(path), f"{table}.{key}"))
        raise SettingsError(*place, fix)
    return msgspec.structs.replace(settings, site=addressed(settings.site))


def faults_of(settings: Settings) -> Iterator[Fault]:
    """Yield the faults of settings that types and patterns do not find, most basic first."""
    alerts, url = settings.alerts, settings.store.url
    for key in ("url", "hub"):
        try:
            urlsplit(getattr(settings.site, key))
        except ValueError:
            yield "site", key, "write a valid address, such as https://press.example"
    if alerts.smtp_host and not alerts.sender:
        yield "alerts", "sender", "write the sender address of mails, since a mail server is set"
    if alerts.operator and not alerts.smtp_host:
        yield "alerts", "smtp_host", "write the mail server that sends mails to alerts.operator"
    yield from _faults_of_requests(settings)
    yield from _faults_of_archives(settings)
    for proxy in settings.site.proxies:
        try:
            ip_network(proxy, strict=False)
        except ValueError:
            fix = f'{proxy!r} is not an address or network such as "192.0.2.7" or "172.18.0.0/16"'
            yield "site", "proxies", fix
    if url and not is_clearly_escaped(url):
        yield "store", "url", ESCAPING_MESSAGE
    if settings.run.executor == "procrastinate" and not url:
        yield "store", "url", "write the address of a PostgreSQL database that all workers share"


def _faults_of_requests(settings: Settings) -> Iterator[Fault]:
    """Yield the faults of settings for signed requests and for proxies."""
    network = settings.network
    if network.sign and not network.contact:
        yield "network", "contact", "write your mail address or URL, since network.sign is set"
    if network.sign and not _can_publish_keys(settings):
        fix = (
            "write the site's https address without a path, since network.sign is set: sites read "
            "the public keys there"
        )
        yield "site", "url", fix
    for name, url in network.proxies.items():
        if problem := proxy_problem(url):
            yield "network", "proxies", f"{name}: {problem}"


def _can_publish_keys(settings: Settings) -> bool:
    """Whether other sites can read the public keys at the address of the site."""
    parts = urlsplit(settings.site.url)
    is_open = parts.scheme == "https" or settings.network.allow_private
    return is_open and settings.site.url != SiteSettings().url and not parts.path.strip("/")


def _faults_of_archives(settings: Settings) -> Iterator[Fault]:
    """Yield the faults of settings for buckets and for other archives."""
    places = sorted(
        f"{part.target.rstrip('/')}/" for part in (settings.site, settings.archive) if part.target
    )
    if len(places) > 1 and places[1].startswith(places[0]):
        fix = "it overlaps with site.target; use separate prefixes with nothing else in them"
        yield "archive", "target", fix
    if bool(settings.bucket.access_key) != bool(settings.bucket.secret_key):
        missing = "secret_key" if settings.bucket.access_key else "access_key"
        fix = "write both access_key and secret_key, or neither to use the environment's"
        yield "bucket", missing, fix
    for name, one in settings.archive.deposits.items():
        if one.credentials and one.save.startswith("http:") and not settings.network.allow_private:
            fix = f"{name}: write an https address as `save`, because credentials are sent there"
            yield "archive", "deposits", fix


def proxy_problem(url: str) -> str:
    """Return advice on how to correct the URL of a proxy, or an empty string if it is valid.

    The advice does not reveal the password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        long = max(len(unquote(one or "").encode()) for one in (parts.username, parts.password))
    except ValueError:
        host, port, long, parts = None, None, 0, urlsplit("")
    if parts.scheme in {"socks5h", "socks4", "socks4a"}:
        return (
            f"with {parts.scheme}, the proxy may resolve host names, so private addresses can't "
            "be refused; write socks5"
        )
    if parts.scheme not in {"http", "socks5"} or not host or port == 0 or parts.path.strip("/"):
        return "write an address such as http://192.0.2.7:3128 or socks5://user:password@host:1080"
    if parts.query or parts.fragment or UNMASKED_CHARACTER.search(parts.netloc):
        return "write special characters of the user and the password as percent codes, such as %22"
    with suppress(ValueError):  # of a name
        if ip_address(host).is_link_local:
            return f"{host} may serve the credentials of this machine; write a proxy's address"
    return "the user and the password may have at most 255 bytes" if long > MAX_SOCKS_BYTES else ""


def addressed(site: SiteSettings) -> SiteSettings:
    """Return the site settings with a public address, which defaults to the listening address."""
    own = SiteSettings()
    if site.url != own.url or not site.port or (site.host, site.port) == (own.host, own.port):
        return site
    host = own.host if site.host in ANYWHERE else site.host
    host = f"[{host}]" if ":" in host else host
    return msgspec.structs.replace(site, url=f"http://{host}:{site.port}")


def is_clearly_escaped(url: str) -> bool:
    """Return whether all separators within the parts of a PostgreSQL URL are percent-encoded."""
    return CLEARLY_ESCAPED.fullmatch(url) is not None
