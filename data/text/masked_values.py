"""Masking of secrets in nested values and in rows of a database."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from data.text.source_secrets import Secrets

NO_TEXT: Final = frozenset(
    [
        *("id", "source", "release", "kind", "state", "story", "record_id", "file", "payload"),
        *("day", "period", "at", "zone", "precision", "language", "timezone"),
    ]
)
"""Names of columns and JSON fields without texts of sites: ids, dates and the like.

A secret may equal the id of a source. A value with ``//`` may be an address, so it is masked.
"""


def without_secrets(value: Any, secrets: Secrets) -> Any:
    """Return a value with ``***`` instead of each secret in its texts, at any depth.

    Texts, sequences, sets, values of mappings, dataclasses and structs are processed.
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


def rows_without_secrets(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], secrets: Secrets
) -> list[Sequence[Any]]:
    """Return rows with ``***`` instead of each secret in their texts and JSON.

    Values that are no text, such as ids, are unchanged (see `NO_TEXT`).
    """
    return [
        tuple(_column_without_secrets(*one, secrets) for one in zip(columns, row, strict=True))
        for row in rows
    ]


def _column_without_secrets(name: str, value: Any, secrets: Secrets) -> Any:
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            content = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return secrets.masked(value)
        shown = _content_without_secrets(name, content, secrets)
        return value if shown == content else msgspec.json.encode(shown).decode()
    return _content_without_secrets(name, value, secrets)


def _content_without_secrets(name: str, value: Any, secrets: Secrets) -> Any:
    """Mask secrets in the value of a column, or of a field of its JSON, with this name."""
    if isinstance(value, str):
        return value if name in NO_TEXT and "//" not in value else secrets.masked(value)
    if isinstance(value, list):
        return [_content_without_secrets(name, one, secrets) for one in value]
    if isinstance(value, dict):
        return {key: _content_without_secrets(key, one, secrets) for key, one in value.items()}
    return value
