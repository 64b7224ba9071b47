"""Interface of a format in which releases are exported."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Protocol

from data.errors import CommuniqueError
from data.models import Release
from data.wording import how_to_install


class Output(Protocol):
    """A binary file that can only be written from start to end, such as standard output."""

    def write(self, data: bytes | bytearray, /) -> object:
        """Write bytes."""


class MissingLibrary(CommuniqueError):
    """A format needs a library that is not installed."""

    exit_code = 2

    def __init__(self, name: str, extra: str) -> None:
        super().__init__(
            f"the format {name} needs a library that is not installed; run"
            f" `{how_to_install(f'communique[{extra}]')}`"
        )
        self.extra = extra


class ExportFormat(ABC):
    """A format in which releases are exported. ``name`` is its name on the command line."""

    name: ClassVar[str]

    @abstractmethod
    def write(self, releases: Iterable[Release], output: Output) -> None:
        """Write releases as a stream; they may not fit into memory.

        Raises MissingLibrary and OSError.
        """
