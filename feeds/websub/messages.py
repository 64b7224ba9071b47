"""WebSub (W3C Recommendation): what publisher, hub and subscriber say to each other.

Pure: what arrives is read, what is sent is made; nothing here knows a socket or a clock.
"""

from __future__ import annotations

import hmac
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from data.errors import CommuniqueError
from data.models import HubRequest
from data.models.websub import LEASE
from data.settings import Site
from data.text.urls import site_address
from feeds.urls import href, is_feed

LONGEST_LEASE, SHORTEST_LEASE = 30 * 86_400, 300
"""Bounds for the seconds of a subscription."""

LONGEST = 2_000
"""Characters of an address that is taken."""

SECRET = 200
"""Bytes that a secret has to stay below (section 5.1)."""

FORM = "application/x-www-form-urlencoded"

BAD = re.compile(r"[\x00-\x20<>\"\x7f]")


class BadRequest(CommuniqueError):
    """A subscriber asked for what no hub can do; the message says what to send instead."""


def parse_hub_request(body: bytes) -> HubRequest:
    """Read the form that a subscriber sends (section 5.1). Raises BadRequest."""
    try:
        form = dict(parse_qsl(body.decode("utf-8"), max_num_fields=20, errors="strict"))
    except ValueError as error:
        raise BadRequest("the body is no form in UTF-8") from error
    mode = form.get("hub.mode")
    if mode not in {"subscribe", "unsubscribe"}:
        raise BadRequest("hub.mode must be subscribe or unsubscribe")
    callback, topic = form.get("hub.callback", ""), form.get("hub.topic", "")
    if not is_address(callback):
        raise BadRequest("hub.callback must be an http or https address")
    if not is_address(topic):
        raise BadRequest("hub.topic must be the address that a feed names as its own")
    secret = form.get("hub.secret", "")
    if len(secret.encode()) >= SECRET:
        raise BadRequest(f"hub.secret must be shorter than {SECRET} bytes")
    lease = LEASE
    if asked := form.get("hub.lease_seconds"):
        if not re.fullmatch(r"[0-9]{1,12}", asked):
            raise BadRequest("hub.lease_seconds must be a whole number")
        lease = min(max(int(asked), SHORTEST_LEASE), LONGEST_LEASE)
    if mode == "unsubscribe":
        return HubRequest("unsubscribe", callback, topic)
    return HubRequest("subscribe", callback, topic, lease, secret)


def is_address(text: str) -> bool:
    """Whether a text is an address to call or to name: http or https, no user name in it."""
    try:
        parts = urlsplit(text)
        named = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False
    return (
        bool(named)
        and parts.scheme in {"http", "https"}
        and not parts.fragment
        and len(text) <= LONGEST
        and text.isascii()
        and not BAD.search(text)
    )


def question(asked: HubRequest, challenge: str) -> str:
    """The address that verifies whether a subscriber means it (section 5.3), or tells of a denial.

    A query that the callback has is kept (section 5.1).
    """
    said = {"hub.mode": asked.mode, "hub.topic": asked.topic}
    if asked.mode == "denied":
        said["hub.reason"] = "this hub distributes the feeds of its own site only"
    else:
        said["hub.challenge"] = challenge
    if asked.mode == "subscribe":
        said["hub.lease_seconds"] = str(asked.lease)
    return f"{asked.callback}{'&' if urlsplit(asked.callback).query else '?'}{urlencode(said)}"


def subscription_form(asked: HubRequest) -> bytes:
    """The form by which we ask a hub for a subscription, or for its end (section 5.1)."""
    said = {"hub.mode": asked.mode, "hub.callback": asked.callback, "hub.topic": asked.topic}
    if asked.mode == "subscribe":
        said |= {"hub.secret": asked.secret, "hub.lease_seconds": str(asked.lease)}
    return urlencode(said).encode()


def announcement(topic: str) -> bytes:
    """The form that tells a hub of a change."""
    return urlencode({"hub.mode": "publish", "hub.url": topic}).encode()


def signature(secret: str, body: bytes) -> str:
    """What proves to a subscriber who sent the content (section 7.1)."""
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def delivery_headers(hub: str, topic: str, kind: str, secret: str, body: bytes) -> dict[str, str]:
    """The headers of the content as a subscriber gets it (section 7)."""
    headers = {"content-type": kind, "link": f'<{hub}>; rel="hub", <{topic}>; rel="self"'}
    if secret:
        headers["x-hub-signature"] = signature(secret, body)
    return headers


def is_topic(file: str) -> bool:
    """Whether a file of the site is a feed that changes: archive pages don't."""
    parts = file.split("/")
    return is_feed(file) and parts[-2] != "page"


def topic_of(site: Site, file: str) -> str:
    """The address of a feed's file, or of one that is named with its query."""
    path, mark, query = file.partition("?")
    return site_address(site.url) + href(path) + mark + query


def file_of(site: Site, folder: Path, topic: str) -> str | None:
    """The file of a feed of ours by its address, or None for all that is none."""
    base = site_address(site.url) + "/"
    file = unquote(topic.removeprefix(base))
    if not topic.startswith(base) or not is_topic(file) or topic_of(site, file) != topic:
        return None
    if any(not part or part[0] == "." for part in file.split("/")) or "\0" in file:
        return None
    return file if (folder / file).is_file() else None
