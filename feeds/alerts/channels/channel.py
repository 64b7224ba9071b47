"""Base class of alert channels. Each channel has a table in watch files, which configures it."""

from abc import ABCMeta, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from msgspec import StructMeta

from data.models import AlertMessage
from data.network.client import Outbound
from data.settings import Alerts, SiteSettings
from data.watches.watch_file import Channel, Watch
from feeds.alerts.messages import AlertText, alert_text


class Undelivered(Exception):
    """Raised if a receiver did not accept a message.

    ``final`` means that further attempts are useless.
    """

    def __init__(self, problem: str, *, final: bool = False) -> None:
        super().__init__(problem)
        self.final = final


@dataclass(frozen=True, slots=True)
class Environment:
    """HTTP client and settings that channels need in addition to the watch file."""

    outbound: Outbound
    alerts: Alerts
    site: SiteSettings


@dataclass(frozen=True, slots=True)
class Alert:
    """A message to send through one output of a watch's channel."""

    watch: Watch
    message: AlertMessage
    environment: Environment

    @property
    def recipient(self) -> str:
        """The part of the output's name after the colon, such as an e-mail address.

        An empty string if the output's name has no colon.
        """
        return self.message.output.partition(":")[2]

    @property
    def text(self) -> AlertText:
        """The message as readable text."""
        return alert_text(self.watch, self.message, self.environment.site)


class AbstractStruct(StructMeta, ABCMeta):
    """Metaclass of structs with abstract methods."""


class AlertChannel(Channel, metaclass=AbstractStruct, frozen=True):
    """Base class of channels that send alerts.

    See Channel for the table of a channel in watch files.
    """

    metavar: ClassVar[str]
    """Placeholder for the value of the channel's option in the help of `communique watch add`, such
    as URL.
    """

    option_help: ClassVar[str]
    """The help text of the channel's option."""

    repeated: ClassVar[bool] = False
    """Whether the channel's option may be repeated."""

    secret_key: ClassVar[str] = ""
    """Key of the random secret with which the channel signs alerts. The receiver also needs it."""

    max_parallel: ClassVar[int] = 64
    """Maximum number of messages that the channel sends at the same time."""

    @classmethod
    @abstractmethod
    def from_option(cls, values: tuple[str, ...]) -> Self:
        """Return the channel for the values of its option in `communique watch add`."""

    @abstractmethod
    def described(self) -> str:
        """Return a short description of the channel, without secrets."""

    def without_secrets(self) -> Self:
        """Return a copy of the channel with its secrets masked, for display."""
        return self

    def missing(self, alerts: Alerts) -> Iterator[str]:
        """Yield a message for each missing setting or package that prevents sending.

        Each message explains how to fix the problem.
        """
        del alerts
        yield from ()

    def receiver(self, output: str) -> str:
        """Return the receiver of an output. Each receiver gets one message at a time."""
        return output.partition(":")[0]

    @abstractmethod
    async def send(self, alert: Alert) -> None:
        """Send a message. Raises Undelivered if the receiver did not accept the message."""
