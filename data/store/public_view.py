"""A public view of a store, without the secrets in addresses of sources."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

import msgspec

from data.store.core.store import Store
from data.text.source_secrets import Secrets, secrets_of_addresses

StoreT = TypeVar("StoreT", bound=Store)


def public_view(store: StoreT) -> StoreT:
    """Return a store whose methods return ``***`` instead of each secret.

    Arguments are passed on unchanged. A store without secrets is returned as it is. Raises
    StoreError if the store can't be read.
    """
    secrets = secrets_of(store)
    return cast("StoreT", PublicView(store, secrets)) if secrets else store


def secrets_of(store: Store) -> Secrets:
    """Return the secrets of a store's sources. Raises StoreError if the store can't be read."""
    return secrets_of_addresses(store.secret_addresses())


class PublicView:
    """A store whose methods return values without secrets."""

    def __init__(self, store: object, secrets: Secrets) -> None:
        self._store = store
        self._secrets = secrets

    def secret_addresses(self) -> tuple[str, ...]:
        """Return the addresses that may contain secrets.

        Secrets are not replaced in these addresses, because secrets are found in them.
        """
        return cast("Store", self._store).secret_addresses()

    def __getattr__(self, name: str) -> Any:
        """Return a method of the store whose results contain no secrets."""
        found = getattr(self._store, name)
        return _hiding(found, self._secrets) if callable(found) else found


def _hiding(verb: Callable[..., Any], secrets: Secrets) -> Callable[..., Any]:
    @wraps(verb)
    def hiding(*args: Any, **options: Any) -> Any:
        return without_secrets(verb(*args, **options), secrets)

    return hiding


def without_secrets(value: Any, secrets: Secrets) -> Any:
    """Return a value with ``***`` instead of each secret in its texts, at any depth.

    Texts, sequences, sets, values of mappings, dataclasses, structs and iterators are searched.
    Keys of mappings and all other objects are returned unchanged.
    """
    made = value
    if isinstance(value, str):
        made = secrets.masked(value)
    elif value is None or isinstance(value, (int, float, bytes)):
        # Most values of long mappings are of these types, and the checks below are ten times
        # slower.
        pass
    elif isinstance(value, (tuple, list, set, frozenset)):
        parts = (without_secrets(one, secrets) for one in value)
        # A named tuple takes its fields as separate arguments.
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
    """Return the fields of a value that contain a secret, with the secret replaced by ``***``."""
    fields = ((name, getattr(value, name)) for name in names)
    made = ((name, before, without_secrets(before, secrets)) for name, before in fields)
    return {name: after for name, before, after in made if after != before}
