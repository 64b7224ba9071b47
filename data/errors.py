"""All exceptions that Communique raises deliberately, with a common base class.

Each message is one sentence that explains what happened and what to do. Typed attributes contain
the same facts for programs.
"""

from collections.abc import Callable
from pathlib import PurePath
from typing import ClassVar

from data.wording import meant, with_hint

MAX_NAMES = 12
"""Maximum number of sources listed in an error message."""

MAX_CONTEXT = 60
"""Maximum number of characters of a query that are shown before and after a fault."""

PAGE_BUG = "our own code failed on this page; please report it"
"""Message for an unexpected exception during the extraction of a page."""


class CommuniqueError(Exception):
    """Base class of all errors that a user or a caller can handle.

    ``exit_code`` is the exit status of the command: 1 for a failure, 2 for usage or configuration.
    """

    exit_code = 1


class ConfigurationError(CommuniqueError):
    """A configuration file is invalid. The message contains the file, the key and the fix."""

    exit_code = 2

    def __init__(self, path: str, key: str, fix: str) -> None:
        super().__init__(f"{path}: {key}: {fix}")
        self.path = path
        self.key = key
        self.fix = fix


class SettingsError(ConfigurationError):
    """communique.toml or a custom topics file is invalid."""


class LanguageError(ConfigurationError):
    """A language file is invalid."""


class SourceError(ConfigurationError):
    """A source file is invalid."""


class WatchError(ConfigurationError):
    """A watch file is invalid."""


class SearchError(ConfigurationError):
    """The file of a saved search is invalid."""


class UnknownName(CommuniqueError):
    """Base class of errors about a requested name that does not exist. ``known`` are all names.

    ``problem`` is the first part of the message, with a placeholder for the name. ``hint`` explains
    where to find the names.
    """

    exit_code = 2
    problem: ClassVar[str]
    hint: ClassVar[str]

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        problem = f"{self.problem.format(name)}{meant(name, known)}"
        super().__init__(with_hint(problem, self.hint))
        self.name = name
        self.known = known


class UnknownSearch(UnknownName):
    """No saved search has the requested name."""

    problem = "no search is saved as {!r}"
    hint = "see `communique searches`"


class UnknownWatch(UnknownName):
    """No watch has the requested id."""

    problem = "no watch named {!r}"
    hint = "see `communique watch list`"


class TokenError(ConfigurationError):
    """A token file can't be read or created."""


class UnknownToken(UnknownName):
    """No token has the requested name."""

    problem = "no token named {!r}"
    hint = "see `communique token list`"


class UnknownSource(CommuniqueError):
    """No source has the requested id."""

    exit_code = 2

    def __init__(self, source: str, known: tuple[str, ...]) -> None:
        listed = ", ".join(known[:MAX_NAMES]) or "none yet"
        more = f" and {len(known) - MAX_NAMES} more" if len(known) > MAX_NAMES else ""
        super().__init__(
            f"no source named {source!r}{meant(source, known)} (known: {listed}{more}); "
            "see `communique sources list`"
        )
        self.source = source
        self.known = known


class UnknownTopic(UnknownName):
    """No topic has the requested slug."""

    problem = "no topic named {!r}"
    hint = (
        "the page /topics/ of the site lists the topics in use, and topics.toml or a source file "
        "can add one"
    )


class RenamedSource(CommuniqueError):
    """The requested source id is a former id. The source has another id now."""

    exit_code = 2

    def __init__(self, old: str, new: str) -> None:
        super().__init__(
            f"the source {old!r} was renamed to {new!r}, and its old addresses redirect; use "
            "the new id, or choose another one"
        )
        self.old = old
        self.new = new


class HomeInUse(CommuniqueError):
    """Another process is using the same home directory."""

    def __init__(self, home: str, holder: str) -> None:
        super().__init__(
            f"{home} is in use by {holder}; wait for it, stop it, or choose another --home"
        )
        self.home = home
        self.holder = holder


class QueryError(CommuniqueError):
    """A search query is invalid. ``position`` is the number of characters before the fault.

    ``problem`` describes the fault, and ``fix`` how to repair the query. Both are translatable
    messages whose placeholders ``%(name)s`` have the given values. A value may be another
    QueryError, the cause of the fault.
    """

    exit_code = 2

    def __init__(self, query: str, position: int, problem: str, fix: str, **values: object) -> None:
        self._messages = problem, fix
        self._values = values
        self.problem, self.fix = self.translated(str)
        where = f"at character {position + 1} of the query"
        super().__init__(f"{where}, {self.problem}; {self.fix}")
        self.query = query
        self.position = position

    def translated(self, translate: Callable[[str], str]) -> tuple[str, str]:
        """Return the problem and the fix. ``translate`` returns the translation of a message."""
        values = {
            name: one.translated(translate)[0] if isinstance(one, QueryError) else one
            for name, one in self._values.items()
        }
        problem, fix = (translate(one) % values for one in self._messages)
        return problem, fix

    def marked(self) -> tuple[str, str]:
        """Return a one-line excerpt of the query, and a line with a caret under the fault."""
        start = max(0, self.position - MAX_CONTEXT)
        shown = self.query[start : self.position + MAX_CONTEXT]
        line = "".join(char if char.isprintable() else " " for char in shown)
        before, after = "… " if start else "", " …" if start + len(shown) < len(self.query) else ""
        return f"{before}{line}{after}", " " * (len(before) + self.position - start) + "^"


class StoreError(CommuniqueError):
    """The store could not be opened, read or written. Committed data are safe."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(f"the store {url} failed: {cause}")
        self.url = url
        self.cause = cause


class RefusedValue(StoreError):
    """The store rejects a value. Other values can still be written."""


class SlowSearch(StoreError):
    """A search was stopped because it exceeded its time limit."""

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__(url, f"a search was stopped after {seconds:g} seconds")
        self.seconds = seconds

    def __str__(self) -> str:
        return (
            f"this search was stopped after {self.seconds:g} seconds; use a rarer word, or fewer "
            "sources or days"
        )


class Interrupted(StoreError):
    """A query was stopped because the client disconnected or the deadline passed."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "the work was stopped because no client waits for the response")


class LeaseLost(CommuniqueError):
    """A worker's lease expired, so the results of its work were not written."""

    def __init__(self, host: str) -> None:
        super().__init__(f"the lease of {host} expired; another worker may have it now")
        self.host = host


class ArchiveError(CommuniqueError):
    """The archive could not be read or written. Complete records are safe."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(f"{path}: {cause}")
        self.path = path
        self.cause = cause

    @property
    def public(self) -> str:
        """Return the message for readers of the site, without the folder of the file."""
        return f"{PurePath(self.path).name}: {self.cause}"


class PublishError(CommuniqueError):
    """A feed or page could not be written. The last good version was kept."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(f"could not publish {path}: {cause}; the last good file is kept")
        self.path = path
        self.cause = cause
