"""Base class of channels: a table of a watch file that sends messages."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from msgspec import StructMeta

from data.models import AlertMessage
from data.network.client import Outbound
from data.settings import Alerts, SiteSettings
from data.watches.watch_file import Channel, Watch
from feeds.alerts.text import AlertText, text_of


class Undelivered(Exception):
    """A receiver did not accept a message. ``final`` means that no further attempt is useful."""

    def __init__(self, problem: str, *, final: bool = False) -> None:
        super().__init__(problem)
        self.final = final


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything outside a watch that channels need: an HTTP client and the settings."""

    outbound: Outbound
    alerts: Alerts
    site: SiteSettings


@dataclass(frozen=True, slots=True)
class Alert:
    """A message to send for a watch, by one of the outputs of a channel."""

    watch: Watch
    message: AlertMessage
    environment: Environment

    @property
    def recipient(self) -> str:
        """The part of the output after the colon, such as an e-mail address, or an empty string."""
        return self.message.output.partition(":")[2]

    @property
    def text(self) -> AlertText:
        """The message in words, for people."""
        return text_of(self.watch, self.message, self.environment.site)


class AbstractStruct(StructMeta, ABCMeta):
    """The metaclass of a struct with abstract methods."""


class AlertChannel(Channel, metaclass=AbstractStruct, frozen=True):
    """A channel that sends alerts; see Channel for its table in the file of a watch."""

    metavar: ClassVar[str]
    """The value of the channel's option of `communique watch add`, such as URL."""

    option_help: ClassVar[str]
    """The help text of the channel's option."""

    repeated: ClassVar[bool] = False
    """Whether the channel's option may be repeated."""

    max_parallel: ClassVar[int] = 64
    """Maximum number of messages that are sent at the same time."""

    @classmethod
    @abstractmethod
    def from_option(cls, values: tuple[str, ...]) -> Self:
        """Return the channel for the values of its option of `communique watch add`."""

    @abstractmethod
    def described(self) -> str:
        """Return the channel in a few words, without secrets."""

    def without_secrets(self) -> Self:
        """Return the channel with its secrets hidden, to be displayed."""
        return self

    def missing(self, alerts: Alerts) -> Iterator[str]:
        """Yield missing settings or packages without which nothing is sent, with the fix."""
        del alerts
        yield from ()

    def receiver(self, output: str) -> str:
        """Return the receiver of an output. Each receiver gets one message at a time."""
        return output.partition(":")[0]

    @abstractmethod
    async def send(self, alert: Alert) -> None:
        """Send a message. Raises Undelivered."""
