"""Watches: what people want to be told of, each a TOML file that is read strictly."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from data.clock import fault_of_zone
from data.errors import UnknownWatch, WatchError
from data.models import AlertKind
from data.search.query import LONGEST, MOST_TERMS, TERM, terms_of
from data.settings import MAIL_ADDRESS
from data.text.language_names import fault_of_language
from data.text.urls import web_address
from data.toml_files import ID, check_id, decode, read_text
from data.watches.services import fault_of_service

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how all secrets begin

LEAST_SECRET, MOST_SECRET = 24, 64
"""Bytes of a secret at the least, and at the most, as Standard Webhooks asks for."""


CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d"
"""A time of day."""

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

WEB_ADDRESS: Final = "Write http:// or https://, a host, and a port of 1 to 65535 if it needs one."

MailAddress: TypeAlias = Annotated[str, msgspec.Meta(pattern=rf"^{MAIL_ADDRESS}\Z")]


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A receiver of messages as https://www.standardwebhooks.com has it.

    ``secret`` is ``whsec_`` and 24 to 64 bytes in Base64; both sides know it.
    """

    url: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^https?://[!-~]+$")],
        msgspec.Meta(description=WEB_ADDRESS),
    ]
    secret: str


class FeedAccess(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feed of what a watch matches, for those who know its ``token``."""

    token: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16,128}\Z")],
        msgspec.Meta(description="Letters, digits, hyphens and underscores, 16 or more."),
    ]


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets mail: each a message of their own."""

    to: Annotated[
        tuple[MailAddress, ...],
        msgspec.Meta(min_length=1, description="Addresses such as desk@news.example, in a list."),
    ]


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service that Apprise knows, by its address there."""

    url: str


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One watch as its file describes it; the file's stem is its id.

    Every part narrows it, and what is left out narrows nothing: ``query`` by the words of a release
    (as data.search.query reads it), the others to any of what they list. ``topics`` are slugs. A
    language takes in its regions. ``backlog`` asks also for what was there before its source was
    first visited, and for what is imported. While it is ``paused``, nothing new matches it, and
    what waits goes on waiting.

    What it matches is told by its outputs at once; or with a ``digest`` once a day or a week, as
    one message; and never in ``quiet`` hours, at whose end it comes as one message. Both are of
    ``timezone`` (see data.watches.schedule).
    """

    name: Annotated[str, msgspec.Meta(min_length=1)]
    query: str = ""
    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[AlertKind, ...] = ("release", "edit", "retraction", "return")
    backlog: bool = False
    timezone: str = "UTC"
    paused: bool = False
    digest: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^((daily|{'|'.join(WEEKDAYS)}) {CLOCK})?\Z")],
        msgspec.Meta(description='Write "daily 08:00", or a day of the week: "monday 08:00".'),
    ] = ""
    quiet: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^({CLOCK}-{CLOCK})?\Z")],
        msgspec.Meta(description='Write two times of day such as "22:00-07:00".'),
    ] = ""
    webhook: Webhook | None = None
    mail: Mail | None = None
    apprise: Service | None = None
    feed: FeedAccess | None = None

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it is told by: ``webhook``, ``apprise``, ``mail:`` and an address."""
        return (
            *(["webhook"] if self.webhook else []),
            *(f"mail:{one}" for one in (self.mail.to if self.mail else ())),
            *(["apprise"] if self.apprise else []),
        )


def load_watch(folder: Path, watch_id: str) -> Watch:
    """One watch by its id. Raises WatchError, and UnknownWatch."""
    path = folder / f"{watch_id}.toml"
    if not ID.fullmatch(watch_id) or not path.exists():
        raise UnknownWatch(watch_id, tuple(sorted(one.stem for one in folder.glob("*.toml"))))
    return read_watch(path)


def read_watch(path: Path) -> Watch:
    """The watch in the file at ``path``. Raises WatchError that names the file, key and fix."""
    check_id(path, WatchError)
    return parse_watch(read_text(path, WatchError), str(path))


def parse_watch(text: str, path: str) -> Watch:
    """The watch that the TOML ``text`` describes; ``path`` is for messages. Raises WatchError."""
    watch = decode(text, Watch, path, WatchError)
    if fault := _fault_of_query(watch.query) or _fault_of_exclusion(watch):
        raise WatchError(path, "query", fault)
    for source in watch.sources:
        if not ID.fullmatch(source):
            raise WatchError(path, "sources", f"{source!r} is no id; see `communique sources list`")
    for language in watch.languages:
        if fault := fault_of_language(language):
            raise WatchError(path, "languages", fault)
    if not watch.kinds:
        raise WatchError(path, "kinds", "it is empty; leave it out, or write at least one")
    _check_outputs(path, watch)
    return watch


def _check_outputs(path: str, watch: Watch) -> None:
    if fault := fault_of_zone(watch.timezone):
        raise WatchError(path, "timezone", fault)
    if watch.quiet and len({*watch.quiet.split("-")}) == 1:
        raise WatchError(path, "quiet", "it begins when it ends; write two different times")
    if watch.apprise and (fault := fault_of_service(watch.apprise.url)):
        raise WatchError(path, "apprise.url", fault)
    if watch.webhook and not has_host(watch.webhook.url):
        # Not repeated: its path or its user may be a secret.
        raise WatchError(path, "webhook.url", f"it leads to no host and port. {WEB_ADDRESS}")
    if watch.webhook and not is_secret(watch.webhook.secret):
        fix = f"write {SECRET_PREFIX} and 24 to 64 bytes in Base64, such as {new_secret()}"
        raise WatchError(path, "webhook.secret", fix)


def has_host(url: str) -> bool:
    """Whether an address of the web names a host that can be looked up, and a port if any."""
    if web_address(url) is None:
        return False
    try:
        return bool((urlsplit(url).hostname or "").encode("idna").decode("idna"))
    except UnicodeError:
        return False


def is_secret(text: str) -> bool:
    """Whether a text is a secret that messages can be signed with."""
    try:
        raw = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(SECRET_PREFIX) and LEAST_SECRET <= len(raw) <= MOST_SECRET


def new_secret() -> str:
    """A secret that nobody else knows."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(LEAST_SECRET)).decode()


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(LEAST_SECRET)


def to_toml(watch: Watch) -> str:
    """The file of a watch: the keys that say more than is meant without them."""
    said: dict[str, Any] = msgspec.to_builtins(watch)
    tables = {key: said.pop(key) for key, value in [*said.items()] if isinstance(value, dict)}
    lines = [f"{key} = {_value(value)}\n" for key, value in said.items()]
    for name, table in tables.items():
        lines += [f"\n[{name}]\n", *(f"{key} = {_value(value)}\n" for key, value in table.items())]
    return "".join(lines)


DELETE: Final = "\x7f"
"""The one character that JSON writes as it is and TOML does not."""


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace(DELETE, "\\u007f")


def _fault_of_exclusion(watch: Watch) -> str:
    """Why a watch that only excludes words is refused, as a search is; empty if it is not one."""
    excludes = watch.query.strip() and not any(one.wanted for one in terms_of(watch.query))
    if excludes and not (watch.sources or watch.topics or watch.languages):
        return (
            "it only excludes words, so it matches nearly everything; write a word that is not"
            " excluded, or narrow the watch by sources, topics or languages"
        )
    return ""


def _fault_of_query(query: str) -> str:
    """What is wrong with a query, and the fix; empty where nothing is."""
    if len(query) > LONGEST:
        return f"it has {len(query)} characters, and {LONGEST} are read; make several watches of it"
    if len(TERM.findall(query)) > MOST_TERMS:
        return f"it has more than {MOST_TERMS} words and phrases; make several watches of it"
    if query.strip() and not terms_of(query):
        return f"{query!r} holds no word; write words, or leave it out"
    return ""
