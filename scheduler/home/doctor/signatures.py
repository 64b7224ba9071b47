"""Check of signed requests: their key, and the public keys that other sites read."""

import asyncio
from collections.abc import Iterator

import msgspec

from data.network.client import Outbound, OutboundError, OutboundResponse
from data.network.request_signer import DIRECTORY_PATH, RequestSigner
from scheduler.home.doctor.finding import Examination, Finding
from scheduler.home.home import Home
from spiders.download.settings import user_agent
from spiders.download.signing import clock_difference

CHECK_NAME = "signatures"

REQUEST_SECONDS = 10.0
"""Maximum duration of the request for our own public keys, in seconds."""


def check_signatures(examination: Examination) -> Iterator[Finding]:
    """Check that other sites can verify our signatures, if requests are signed."""
    home = examination.home
    path = home.path / "bot.key"
    if path.exists() and path.stat().st_mode & 0o077:
        text = f"other users can read {path.name}, the key that signs requests"
        fix = f"run chmod 600 {path}, then `communique bot rotate --revoke`"
        yield Finding(CHECK_NAME, "error", text, fix)
    if not home.settings.network.sign:
        yield Finding(CHECK_NAME, "ok", "requests are not signed (network.sign)")
        return
    if not home.request_keys().exist():
        yield Finding(CHECK_NAME, "ok", "the first visit creates the key that signs requests")
        return
    signer = home.request_signer()
    if signer is not None:
        yield from check_directory(home, signer)


def check_directory(home: Home, signer: RequestSigner) -> Iterator[Finding]:
    """Request the public keys at the site's address like another site, and check them."""
    url = f"{signer.address}{DIRECTORY_PATH}"
    client = Outbound(
        user_agent(home.settings), home.settings.network.allow_private, REQUEST_SECONDS
    )
    try:
        found = asyncio.run(client.ask("GET", url))
    except OutboundError as error:
        text = f"{url} can't be read, so sites can't verify our signatures ({error.cause})"
        yield Finding(CHECK_NAME, "error", text, "run `communique run` or `serve` at site.url")
        return
    if problem := directory_problem(found, signer):
        fix = "publish the site again, and serve it with `communique run` or `serve`"
        yield Finding(CHECK_NAME, "error", f"{url}: {problem}", fix)
    elif "signature" not in found.headers:
        text = f"{url} has our keys but no signature, so some sites reject them"
        yield Finding(CHECK_NAME, "warning", text, "serve this address with `communique serve`")
    else:
        yield Finding(CHECK_NAME, "ok", f"{url} has the keys of our signatures")
    if seconds := clock_difference(found.headers.get("date", "")):
        text = f"the clock of {signer.address} differs from ours by {abs(seconds)} seconds"
        yield Finding(CHECK_NAME, "warning", text, "correct the clock, or sites reject signatures")


def directory_problem(found: OutboundResponse, signer: RequestSigner) -> str:
    """Return the reason why a response does not contain our public keys, or an empty string."""
    if not found.is_good:
        return f"the server responds with {found.status}"
    ours = msgspec.json.decode(signer.directory())["keys"]
    try:
        theirs = {str(one["kid"]): str(one["x"]) for one in msgspec.json.decode(found.body)["keys"]}
    except (msgspec.DecodeError, KeyError, TypeError):
        return "the response is not a list of keys"
    if any(theirs.get(one["kid"]) != one["x"] for one in ours):
        return "the keys are not those that sign our requests"
    return ""
