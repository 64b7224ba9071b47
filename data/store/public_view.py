"""A store as the public may see it: without the secrets that addresses of sources carry."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

import msgspec

from data.text.source_secrets import Secrets, secrets_of_addresses


class SecretStore(Protocol):
    """A store that knows which addresses of its sources may carry secrets."""

    def secret_addresses(self) -> tuple[str, ...]:
        """Return the addresses of sources that may contain secrets.

        They are the addresses as requested and as published.
        """


StoreT = TypeVar("StoreT", bound=SecretStore)


def public_view(store: StoreT) -> StoreT:
    """The same store, with ``***`` in place of each secret in all that its verbs return.

    What verbs are given is passed on unchanged. A store without secrets is returned as it is.
    Raises StoreError.
    """
    secrets = secrets_of(store)
    return cast("StoreT", PublicView(store, secrets)) if secrets else store


def secrets_of(store: SecretStore) -> Secrets:
    """The secrets of the sources of a store. Raises StoreError."""
    return secrets_of_addresses(store.secret_addresses())


class PublicView:
    """A store whose verbs return values without secrets."""

    def __init__(self, store: object, secrets: Secrets) -> None:
        self._store = store
        self._secrets = secrets

    def secret_addresses(self) -> tuple[str, ...]:
        """Return the addresses that may contain secrets.

        They are unchanged, because secrets are found with their help.
        """
        return cast("SecretStore", self._store).secret_addresses()

    def __getattr__(self, name: str) -> Any:
        """Return a verb of the store."""
        found = getattr(self._store, name)
        return _hiding(found, self._secrets) if callable(found) else found


def _hiding(verb: Callable[..., Any], secrets: Secrets) -> Callable[..., Any]:
    @wraps(verb)
    def hiding(*args: Any, **options: Any) -> Any:
        return without_secrets(verb(*args, **options), secrets)

    return hiding


def without_secrets(value: Any, secrets: Secrets) -> Any:
    """A value with ``***`` in place of each secret in its texts, at any depth.

    Texts, sequences, sets, values of mappings, dataclasses, structs and iterators are looked
    through; keys of mappings and all other objects are returned as they are.
    """
    made = value
    if isinstance(value, str):
        made = secrets.hidden(value)
    elif value is None or isinstance(value, (int, float, bytes)):
        # Most values of long mappings: the checks below take ten times longer.
        pass
    elif isinstance(value, (tuple, list, set, frozenset)):
        parts = (without_secrets(one, secrets) for one in value)
        # A named tuple takes its parts one by one.
        made = type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    elif isinstance(value, Mapping):
        made = {key: without_secrets(one, secrets) for key, one in value.items()}
    elif isinstance(value, Iterator):
        made = (without_secrets(one, secrets) for one in value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (one.name for one in dataclasses.fields(value))
        if changed := _changed(value, names, secrets):
            made = dataclasses.replace(value, **changed)
    elif isinstance(value, msgspec.Struct) and (
        changed := _changed(value, value.__struct_fields__, secrets)
    ):
        made = msgspec.structs.replace(value, **changed)
    return made


def _changed(value: object, names: Iterable[str], secrets: Secrets) -> dict[str, Any]:
    """The fields of a value that hold a secret, without it."""
    fields = ((name, getattr(value, name)) for name in names)
    made = ((name, before, without_secrets(before, secrets)) for name, before in fields)
    return {name: after for name, before, after in made if after != before}
