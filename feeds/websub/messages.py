"""Messages between publisher, hub and subscriber (W3C WebSub).

The functions are pure: they parse and create messages.
"""

import hmac
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from data.errors import CommuniqueError
from data.models import HubRequest
from data.models.deliveries import DEFAULT_LEASE_SECONDS
from data.settings import SiteSettings
from data.text.urls import site_address
from feeds.urls import href, is_feed

MAX_LEASE_SECONDS, MIN_LEASE_SECONDS = 30 * 86_400, 300
"""Maximum and minimum duration of a subscription, in seconds."""

MAX_ADDRESS_LENGTH = 2_000
"""Maximum length in characters of a URL."""

SECRET_LIMIT_BYTES = 200
"""A secret must be shorter than this number of bytes (section 5.1)."""

FORM_TYPE = "application/x-www-form-urlencoded"

FORBIDDEN_CHARACTER = re.compile(r"[\x00-\x20<>\"\x7f]")
"""Pattern for a character that is not allowed in a URL."""


class BadHubRequest(CommuniqueError):
    """Raised for an invalid subscription request. The message explains what to send instead."""


def parse_hub_request(body: bytes) -> HubRequest:
    """Parse the form of a subscription request (WebSub, section 5.1).

    Raises BadHubRequest if the form is invalid.
    """
    try:
        form = dict(parse_qsl(body.decode("utf-8"), max_num_fields=20, errors="strict"))
    except ValueError as error:
        raise BadHubRequest("the request body is not a form in UTF-8") from error
    mode = form.get("hub.mode")
    if mode not in {"subscribe", "unsubscribe"}:
        raise BadHubRequest("hub.mode must be subscribe or unsubscribe")
    callback, topic = form.get("hub.callback", ""), form.get("hub.topic", "")
    if not is_address(callback):
        raise BadHubRequest("hub.callback must be an http or https address")
    if not is_address(topic):
        raise BadHubRequest("hub.topic must be a feed's own address (rel=self)")
    secret = form.get("hub.secret", "")
    if len(secret.encode()) >= SECRET_LIMIT_BYTES:
        raise BadHubRequest(f"hub.secret must be shorter than {SECRET_LIMIT_BYTES} bytes")
    lease = DEFAULT_LEASE_SECONDS
    if asked := form.get("hub.lease_seconds"):
        if not re.fullmatch(r"[0-9]{1,12}", asked):
            raise BadHubRequest("hub.lease_seconds must be a whole number")
        lease = min(max(int(asked), MIN_LEASE_SECONDS), MAX_LEASE_SECONDS)
    if mode == "unsubscribe":
        return HubRequest("unsubscribe", callback, topic)
    return HubRequest("subscribe", callback, topic, lease, secret)


def is_address(text: str) -> bool:
    """Return whether a text is an http or https URL without a user name."""
    try:
        parts = urlsplit(text)
        named = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False
    return (
        bool(named)
        and parts.scheme in {"http", "https"}
        and not parts.fragment
        and len(text) <= MAX_ADDRESS_LENGTH
        and text.isascii()
        and not FORBIDDEN_CHARACTER.search(text)
    )


def verification_url(asked: HubRequest, challenge: str) -> str:
    """Return the URL that verifies a subscriber (section 5.3), or that reports a denied request.

    The URL keeps the query of the callback URL (section 5.1).
    """
    parameters = {"hub.mode": asked.mode, "hub.topic": asked.topic}
    if asked.mode == "denied":
        parameters["hub.reason"] = "this hub distributes the feeds of its own site only"
    else:
        parameters["hub.challenge"] = challenge
    if asked.mode == "subscribe":
        parameters["hub.lease_seconds"] = str(asked.lease)
    return (
        f"{asked.callback}{'&' if urlsplit(asked.callback).query else '?'}{urlencode(parameters)}"
    )


def subscription_form(asked: HubRequest) -> bytes:
    """Return the encoded form that requests the start or end of a subscription (section 5.1)."""
    parameters = {"hub.mode": asked.mode, "hub.callback": asked.callback, "hub.topic": asked.topic}
    if asked.mode == "subscribe":
        parameters |= {"hub.secret": asked.secret, "hub.lease_seconds": str(asked.lease)}
    return urlencode(parameters).encode()


def announcement(topic: str) -> bytes:
    """Return the encoded form that notifies a hub of a changed feed."""
    return urlencode({"hub.mode": "publish", "hub.url": topic}).encode()


def signature(secret: str, body: bytes) -> str:
    """Return the X-Hub-Signature header for ``body``.

    It lets subscribers verify the sender (WebSub, section 7.1).
    """
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def delivery_headers(hub: str, topic: str, kind: str, secret: str, body: bytes) -> dict[str, str]:
    """Return the headers of a request that delivers content to a subscriber (section 7)."""
    headers = {"content-type": kind, "link": f'<{hub}>; rel="hub", <{topic}>; rel="self"'}
    if secret:
        headers["x-hub-signature"] = signature(secret, body)
    return headers


def is_topic(file: str) -> bool:
    """Return whether a file of the site is a feed to which clients can subscribe.

    Clients can't subscribe to archive pages.
    """
    parts = file.split("/")
    return is_feed(file) and parts[-2] != "page"


def topic_of(site: SiteSettings, file: str) -> str:
    """Return the URL of a feed, given its file or its name with a query."""
    path, mark, query = file.partition("?")
    return site_address(site.url) + href(path) + mark + query


def file_of(site: SiteSettings, folder: Path, topic: str) -> str | None:
    """Return the file of the feed at a URL, or None for any other URL."""
    base = site_address(site.url) + "/"
    file = unquote(topic.removeprefix(base))
    if not topic.startswith(base) or not is_topic(file) or topic_of(site, file) != topic:
        return None
    if any(not part or part[0] == "." for part in file.split("/")) or "\0" in file:
        return None
    return file if (folder / file).is_file() else None
