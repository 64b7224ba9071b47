"""Send messages, including test messages, through the channels of watches."""

import asyncio
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from data.clock import utc_now
from data.errors import CommuniqueError
from data.models import AlertDelivery, AlertMessage, Facet, QueuedEvent, Release
from data.store.core.store import Store
from data.watches.matching import WatchIndex, release_event
from data.watches.watch_file import Watch
from feeds.alerts.channels import CHANNELS, channels_of
from feeds.alerts.channels.channel import Alert, AlertChannel, Environment, Undelivered
from feeds.alerts.messages import event_body, event_fields

MAX_TRIED_RELEASES: Final = 1000
"""Maximum number of releases, newest first, that are searched for a match to use in a test
message.
"""


class NothingToSend(CommuniqueError):
    """Raised if no test message can be sent: no release is stored, or the watch has no output."""


@dataclass(frozen=True, slots=True)
class Senders(Environment):
    """Sends messages through all channels, with a limit of parallel messages per channel.

    ``slots`` contains the limit of each channel, by the name of its table.
    """

    slots: Mapping[str, asyncio.Semaphore] = field(
        default_factory=lambda: {one.table: asyncio.Semaphore(one.max_parallel) for one in CHANNELS}
    )

    def receiver(self, watch: Watch, output: str) -> str:
        """Return the receiver of a watch's output, such as a host.

        Each receiver gets one message at a time.
        """
        channel = channel_of(watch, output)
        return channel.receiver(output) if channel else output.partition(":")[0]

    async def send(self, watch: Watch, message: AlertMessage) -> None:
        """Send a message through its channel.

        Raises Undelivered if the receiver did not accept the message.
        """
        channel = channel_of(watch, message.output)
        if channel is None:
            kind = message.output.partition(":")[0]
            raise Undelivered(
                f"the output {kind} was removed from the watch {message.watch}", final=True
            )
        async with self.slots[channel.table]:
            await channel.send(Alert(watch, message, self))


def channel_of(watch: Watch, output: str) -> AlertChannel | None:
    """Return the channel of a watch that has the given output.

    Returns None if the output was removed from the watch.
    """
    return next((one for one in channels_of(watch) if output in one.outputs), None)


def trial_messages(
    store: Store, watch_id: str, watch: Watch, saved: Mapping[str, str]
) -> Iterator[AlertMessage]:
    """Yield a test message about a stored release for each output of a watch.

    Raises NothingToSend if no release is stored, or the watch has no output.
    """
    if not watch.outputs:
        raise NothingToSend(
            f"the watch {watch_id} has no output; add a table such as [mail] to its file"
        )
    release = _trial_release(store, watch_id, watch, saved)
    event = QueuedEvent(0, "release", utc_now(), release.id, 0, backlog=False, health=None)
    body = event_body(event_fields(event, release), watch, release, saved)
    for output in watch.outputs:
        key = f"test_{secrets.token_hex(16)}"
        delivery = AlertDelivery(key, watch_id, output, body, made=time.time())
        yield AlertMessage(key, watch_id, output, (delivery,))


async def send_trial(senders: Senders, watch: Watch, message: AlertMessage) -> str:
    """Send a test message. Return the problem, or an empty string on success."""
    try:
        trial = msgspec.structs.replace(watch, name=f"Test: {watch.name}")
        await senders.send(trial, message)
    except Undelivered as error:
        return str(error)
    return ""


def _trial_release(store: Store, watch_id: str, watch: Watch, saved: Mapping[str, str]) -> Release:
    """Return the newest release that a watch matches, otherwise the newest stored release."""
    index, moves = WatchIndex({watch_id: watch}, saved), store.source_moves()
    newest = [*store.releases(Facet(), limit=MAX_TRIED_RELEASES)]
    for release in newest:
        event = release_event("release", store.with_file_texts(release))
        if event and index.matching(event, moves):
            return release
    if not newest:
        raise NothingToSend("there is no release to send as a test; run `communique collect` first")
    return newest[0]
