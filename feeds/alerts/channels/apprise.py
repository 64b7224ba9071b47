"""Alert channel for services supported by Apprise, such as ntfy or Slack.

A restricted child process sends each message.
"""

import asyncio
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import ClassVar, Final, Self

import msgspec

from data.environment import child_environment
from data.settings import Alerts
from data.text.masking import MASK
from data.wording import how_to_install
from feeds.alerts.apprise_child import SendOutcome, SendTask, fault_of_address
from feeds.alerts.channels.channel import Alert, AlertChannel, Undelivered

CHILD_TIMEOUT_SECONDS: Final = 60.0
"""Maximum time in seconds that the child process may take to send a message."""

CERTIFICATE_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Environment variables that the child process needs in addition to the usual ones. Proxy variables
are not passed, because a proxy would bypass the guard."""


class Apprise(AlertChannel, frozen=True, forbid_unknown_fields=True):
    """A service given by its Apprise URL."""

    url: str

    table: ClassVar[str] = "apprise"
    metavar: ClassVar[str] = "URL"
    option_help: ClassVar[str] = "Apprise URL of a service that receives alerts."
    max_parallel: ClassVar[int] = 2

    @classmethod
    def from_option(cls, values: tuple[str, ...]) -> Self:
        """Return the channel for the URL in the option's value."""
        return cls(values[0])

    def fault(self) -> tuple[str, str] | None:
        """If the URL is invalid, return ``url`` and an error message, otherwise None."""
        fix = fault_of_address(self.url)
        return ("url", fix) if fix else None

    def described(self) -> str:
        """Return the scheme of the Apprise URL. The other parts of the URL may be secret."""
        return f"{self.url.partition('://')[0]}://{MASK}"

    def without_secrets(self) -> Self:
        """Return a copy of the channel whose URL is reduced to its scheme."""
        return type(self)(self.described())

    def missing(self, alerts: Alerts) -> Iterator[str]:
        """Yield a message if the package Apprise is not installed."""
        del alerts
        if find_spec("apprise") is None:
            fix = how_to_install("communique[apprise]")
            yield f"Apprise sends nothing until it is installed: {fix}"

    def receiver(self, output: str) -> str:
        """Return the URL of the service."""
        del output
        return self.url

    async def send(self, alert: Alert) -> None:
        """Send a message to the service in a separate process.

        Raises Undelivered if the service did not accept the message.
        """
        text, allowed = alert.text, alert.environment.outbound.allow_private
        outcome = await run_child(SendTask(self.url, text.subject, text.plain, allowed))
        if not outcome.taken:
            raise Undelivered(outcome.problem, final=outcome.final)


async def run_child(task: SendTask) -> SendOutcome:
    """Run a SendTask in a new child process and return the outcome.

    If the process fails or exceeds its time limit, the outcome describes this problem.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-B", "-m", "feeds.alerts.apprise_child"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=child_environment(*CERTIFICATE_VARIABLES),
    )
    try:
        async with asyncio.timeout(CHILD_TIMEOUT_SECONDS):
            output, _ = await child.communicate(msgspec.json.encode(task))
        return msgspec.json.decode(output, type=SendOutcome)
    except TimeoutError:
        return SendOutcome(
            taken=False, problem=f"no result within {CHILD_TIMEOUT_SECONDS:g} seconds"
        )
    except msgspec.DecodeError:
        # Most likely, the process exceeded its limit of memory or CPU time.
        return SendOutcome(taken=False, problem="the process of Apprise ended without a result")
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
