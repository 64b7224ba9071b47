"""Every error that Communique raises on purpose, under one root.

Each message is one sentence that says what happened and what to do next; the same facts are typed
attributes, for programs.
"""

from __future__ import annotations

from pathlib import PurePath

from data.wording import meant

KNOWN = 12
"""Sources that a sentence names; of more it says how many."""


class CommuniqueError(Exception):
    """The root of all errors that a person or a caller can act on.

    ``exit_code`` is the status that the command line ends with: 1 something failed, 2 usage or
    configuration.
    """

    exit_code = 1


class ConfigurationError(CommuniqueError):
    """A file that a person wrote can't be used: names the file, the key and the fix."""

    exit_code = 2

    def __init__(self, path: str, key: str, fix: str) -> None:
        super().__init__(f"{path}: {key}: {fix}")
        self.path = path
        self.key = key
        self.fix = fix


class SettingsError(ConfigurationError):
    """communique.toml, or a user's own topics, can't be used as written."""


class SourceError(ConfigurationError):
    """A source file can't be used as written."""


class WatchError(ConfigurationError):
    """A watch can't be used as written."""


class UnknownWatch(CommuniqueError):
    """No watch has the id that was asked for."""

    exit_code = 2

    def __init__(self, watch: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"there is no watch {watch!r}{meant(watch, known)}; see `communique watch list`"
        )
        self.watch = watch
        self.known = known


class TokenError(ConfigurationError):
    """The file of a token can't be used, or not be made."""


class UnknownToken(CommuniqueError):
    """No token has the name that was asked for."""

    exit_code = 2

    def __init__(self, token: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"there is no token {token!r}{meant(token, known)}; see `communique token list`"
        )
        self.token = token
        self.known = known


class UnknownSource(CommuniqueError):
    """No source has the id that was asked for."""

    exit_code = 2

    def __init__(self, source: str, known: tuple[str, ...]) -> None:
        listed = ", ".join(known[:KNOWN]) or "none yet"
        more = f" and {len(known) - KNOWN} more" if len(known) > KNOWN else ""
        super().__init__(
            f"there is no source {source!r}{meant(source, known)} (known: {listed}{more}); "
            "see `communique sources list`"
        )
        self.source = source
        self.known = known


class RenamedSource(CommuniqueError):
    """The id that was asked for belonged to a source that has another one now."""

    exit_code = 2

    def __init__(self, old: str, new: str) -> None:
        super().__init__(
            f"{old!r} is called {new!r} now, and its addresses lead there; name it so, or choose "
            "another id"
        )
        self.old = old
        self.new = new


class HomeInUse(CommuniqueError):
    """Another process runs on the same HOME."""

    def __init__(self, home: str, holder: str) -> None:
        super().__init__(
            f"{home} is in use by {holder}; wait for it, stop it, or choose another --home"
        )
        self.home = home
        self.holder = holder


class StoreError(CommuniqueError):
    """The store could not be opened, read or written; nothing committed was lost."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(f"the store {url} failed: {cause}")
        self.url = url
        self.cause = cause


class RefusedValue(StoreError):
    """The store takes no such value, and all others as before."""


class SlowSearch(StoreError):
    """A search was given up: it would have looked through too much."""

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__(url, f"a search was given up after {seconds:g} seconds")
        self.seconds = seconds

    def __str__(self) -> str:
        return (
            f"this search was given up after {self.seconds:g} seconds; ask for a rarer word, or in "
            "fewer sources or days"
        )


class Interrupted(StoreError):
    """The client left or the deadline passed, so the work on the store was ended."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "its work was ended, as no client waits for the answer")


class LeaseLost(CommuniqueError):
    """Another worker or service may have a row by now: nothing of what came of this was written."""

    def __init__(self, host: str) -> None:
        super().__init__(f"the lease of {host} ran out: another one has it by now")
        self.host = host


class ArchiveError(CommuniqueError):
    """The archive could not be read or written; every record that was whole still is."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(f"the archive {path}: {cause}")
        self.path = path
        self.cause = cause

    @property
    def public(self) -> str:
        """The error for readers of the site: the name of the file, without its folder."""
        return f"the archive {PurePath(self.path).name}: {self.cause}"


class PublishError(CommuniqueError):
    """A feed or page could not be written; the last good one is still in place."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(f"could not publish {path}: {cause}; the last good file is kept")
        self.path = path
        self.cause = cause
