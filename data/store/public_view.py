"""A public view of a store, without the secrets in addresses of sources."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from data.store.core.store import Store
from data.text.source_secrets import Secrets, secrets_of_addresses

StoreT = TypeVar("StoreT", bound=Store)

UNMASKED: Final = frozenset(["secret_addresses"])
"""Methods with unchanged results, because their results are needed to find secrets."""


def public_view(store: StoreT) -> StoreT:
    """Return a store whose methods return ``***`` instead of each secret.

    The methods run on the original store with unchanged arguments. A store without secrets is
    returned itself. Raises StoreError if the store can't be read.
    """
    secrets = secrets_of(store)
    if not secrets:
        return store
    view = copy(store)
    for name in dir(type(store)):
        if name.startswith("_") or name in UNMASKED or not callable(getattr(type(store), name)):
            continue
        setattr(view, name, partial(_masked, getattr(store, name), secrets))
    return view


def _masked(method: Callable[..., Any], secrets: Secrets, *args: Any, **options: Any) -> Any:
    return without_secrets(method(*args, **options), secrets)


def secrets_of(store: Store) -> Secrets:
    """Return the secrets of a store's sources. Raises StoreError if the store can't be read."""
    return secrets_of_addresses(store.secret_addresses())


def without_secrets(value: Any, secrets: Secrets) -> Any:
    """Return a value with ``***`` instead of each secret in its texts, at any depth.

    Texts, sequences, sets, values of mappings, dataclasses, structs and iterators are processed.
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
