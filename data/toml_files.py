"""Strict decoding of TOML files, and changes of their keys.

Error messages contain the file, the key and the fix.
"""

import errno
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from data.errors import ConfigurationError
from data.files import read_regular
from data.wording import meant

Shape = TypeVar("Shape")

ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
"""Pattern that matches the name of a configuration file without its suffix, which is also its
id."""

MAX_BYTES: Final = 1_000_000
"""Maximum size in bytes of a configuration file."""

UNKNOWN = re.compile(r"unknown field `(.+?)`")
MISSING = re.compile(r"missing required field `(.+?)`")
TYPES = re.compile(r"Expected `([^`]+)`(?:, got `([^`]+)`)?(?: (>=|<=|>|<) (\S+))?")
LENGTH = re.compile(r"Expected `(?:str|array)` of length >= 1")
ENUM = re.compile(r"Invalid enum value (.+)")
PATTERN = re.compile(r"Expected `str` matching regex")

SUFFIX: Final = ".toml"

NO_PERMISSION: Final = "run Communique as its owner, or give this user permission to read it"

REMEDIES: Final = {
    errno.EACCES: NO_PERMISSION,
    errno.EPERM: NO_PERMISSION,
    errno.ENOTDIR: "a file has the name of this folder; move the file away",
    errno.ENOENT: "restore the target of the link (or mount its disk), or delete the link",
    errno.ELOOP: "delete the link, which leads back to itself",
}
"""Advice on files and folders that can't be read, by error number."""

WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": 'a text in quotes ("…")',
    "bool": "true or false",
    "array": "a list ([…])",
    "object": "a table",
    "date": "a day such as 2025-03-01",
}
"""Map from msgspec's type names to readable words for error messages."""

BOUNDS = {">=": "{} or more", "<=": "{} or less", ">": "more than {}", "<": "less than {}"}


def read_text(path: Path, error: type[ConfigurationError]) -> str:
    """Read a UTF-8 file. Raises ``error`` if the file can't be read."""
    try:
        return read_bytes(path).decode("utf-8").replace("\r\n", "\n")
    except OSError as cause:
        raise error(str(path), "file", unreadable("file", cause)) from cause
    except UnicodeDecodeError as cause:
        fix = f"the file can't be read: byte {cause.start + 1} is not UTF-8; save the file as UTF-8"
        raise error(str(path), "file", fix) from cause


def unreadable(what: str, cause: OSError) -> str:
    """Return the reason why a "file" or "folder" (``what``) can't be read, and advice."""
    remedy = REMEDIES.get(cause.errno or 0, "")
    return f"the {what} can't be read ({cause.strerror})" + (f"; {remedy}" if remedy else "")


def toml_files(folder: Path, error: type[ConfigurationError]) -> list[Path]:
    """Return the TOML files in a folder, sorted, or nothing if the folder does not exist.

    Raises ``error`` if the folder can't be read, because it may contain files.
    """
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX))
    except OSError as cause:
        if isinstance(cause, FileNotFoundError) and not folder.is_symlink():
            return []
        raise error(str(folder), "folder", unreadable("folder", cause)) from cause


def find_file(folder: Path, name: str, error: type[ConfigurationError]) -> Path | None:
    """Return the path of the TOML file with an id, or None if it does not exist.

    The file itself may be unreadable. Raises ``error`` if the folder can't be read.
    """
    path = folder / f"{name}{SUFFIX}"
    if not ID.fullmatch(name):
        return None
    try:
        path.lstat()
    except OSError as cause:
        if isinstance(cause, FileNotFoundError) and not folder.is_symlink():
            return None
        raise error(str(folder), "folder", unreadable("folder", cause)) from cause
    return path


def read_bytes(path: Path) -> bytes:
    """Read a file. Raises OSError, even for files that are not regular or larger than MAX_BYTES."""
    content = read_regular(path, MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(errno.EFBIG, f"the file has more than {MAX_BYTES:,} bytes", str(path))
    return content


def check_id(path: Path, error: type[ConfigurationError]) -> None:
    """Raise ``error`` if the name of a file is not a valid id."""
    check_name(path.parent, path.stem, error)


def check_name(folder: Path, name: str, error: type[ConfigurationError]) -> None:
    """Raise ``error`` if a name is not a valid id for a file in a folder."""
    # The whole name is checked, because the file of "../x" would be in another folder.
    if not ID.fullmatch(name):
        path = str(folder / f"{name}{SUFFIX}")
        raise error(path, "file name", "use at most 64 lower-case letters, digits and hyphens")


def with_keys(text: str, changes: Mapping[str, Any]) -> str:
    """Return a TOML document with changed keys. A key whose new value is empty is removed.

    The rest of the document is unchanged.
    """
    # Imported here: it loads slowly, and most commands change no file.
    import tomlkit  # noqa: PLC0415

    document = tomlkit.parse(text)
    for key, value in changes.items():
        if value:
            document[key] = list(value) if isinstance(value, tuple) else value
        else:
            document.pop(key, None)
    return document.as_string()


def decode(text: str, shape: type[Shape], path: str, error: type[ConfigurationError]) -> Shape:
    """Decode the TOML ``text`` to the type ``shape``. ``path`` is used in error messages.

    Raises ``error`` for invalid TOML, an unknown or missing key, or an invalid value.
    """
    try:
        return converted(tomllib.loads(text), shape, path, error)
    except tomllib.TOMLDecodeError as cause:
        raise error(path, "syntax", f"the text is not valid TOML ({cause})") from cause
    except RecursionError as cause:
        raise error(path, "syntax", "lists or tables are nested too deeply") from cause


def converted(
    tables: dict[str, object], shape: type[Shape], path: str, error: type[ConfigurationError]
) -> Shape:
    """Convert decoded TOML tables to the type ``shape``. ``path`` is used in error messages.

    Raises ``error`` for an unknown or missing key, or an invalid value.
    """
    try:
        return msgspec.convert(tables, shape)
    except msgspec.ValidationError as cause:
        message, _, where = str(cause).partition(" - at ")
        inside = where.rpartition("`$")[2].strip("`.")
        named = UNKNOWN.search(message) or MISSING.search(message)
        key = ".".join(filter(None, (inside, named[1] if named else "")))
        raise error(path, key or "keys", _fix(message, shape, inside)) from cause


def _fix(message: str, shape: type[object], inside: str) -> str:
    """Return advice on how to fix an invalid value. ``message`` is msgspec's message."""
    if unknown := UNKNOWN.search(message):
        kinds = [kind for kind in _at(shape, inside) if isinstance(kind, inspect.StructType)]
        keys = tuple(field.encode_name for kind in kinds for field in kind.fields)
        known = f"; valid keys are {', '.join(keys)}" if keys else ""
        return f"no such key exists{meant(unknown[1], keys)}{known}"
    if MISSING.search(message):
        return "the key is required but missing"
    if invalid := ENUM.search(message):
        kinds_of_set = [
            kind for kind in _at(shape, inside) if isinstance(kind, inspect.LiteralType)
        ]
        choices = [f'"{choice}"' for kind in kinds_of_set for choice in kind.values]
        value = invalid[1].strip("'")
        advice = (
            f"write {' or '.join(choices)}"
            if choices
            else "the value is not one of the allowed values"
        )
        return f'"{value}" can\'t be used; {advice}'
    if PATTERN.search(message):
        return f"the value can't be used as written. {_description(shape, inside)}".strip()
    return _in_words(message, shape, inside)


def _in_words(message: str, shape: type[object], inside: str) -> str:
    """Return the expected value, in plain words. ``message`` is msgspec's message."""
    if LENGTH.search(message):
        return "the value is empty; write one"
    if "RFC3339" in message:
        return f"the value must be {WORDS['date']}"
    found = TYPES.search(message)
    if found is None:
        return message
    expected, got, sign, bound = found.groups()
    kinds = [WORDS.get(kind, kind) for kind in expected.split(" | ") if kind != "null"]
    advice = f"the value must be {' or '.join(kinds)}"
    numbers = (
        kind for kind in _at(shape, inside) if isinstance(kind, inspect.IntType | inspect.FloatType)
    )
    limited = next((one for one in numbers if None not in {one.ge, one.le}), None)
    if bound and limited:
        advice += f" from {limited.ge:.15g} to {limited.le:.15g}"
    elif bound:
        advice += f", {BOUNDS[sign].format(bound.removesuffix('.0'))}"
    if (expected, got) == ("int", "float"):
        return f"{advice}, without a decimal point or exponent"
    return f"{advice}, not {WORDS.get(got, got).partition(' (')[0]}" if got else advice


def _description(shape: type[object], inside: str) -> str:
    """Return the description of the setting at the path ``inside``, or an empty string."""
    table, _, key = re.sub(r"\[[^\]]*\]$", "", inside).rpartition(".")
    for kind in _at(shape, table):
        for field in kind.fields if isinstance(kind, inspect.StructType) else ():
            setting = field.type
            while field.encode_name == key and isinstance(setting, inspect.Metadata):
                if description := (setting.extra_json_schema or {}).get("description"):
                    return str(description)
                setting = setting.type
    return ""


def _at(shape: type[object], inside: str) -> list[inspect.Type]:
    """Return the types that are allowed at a path such as ``release[0].until``."""
    kinds = _alternatives(inspect.type_info(shape))
    for part in re.findall(r"[^.\[\]]+|\[", inside):
        if part.isdigit() or part == "...":
            continue
        if part == "[":
            items = [getattr(kind, "item_type", None) for kind in kinds]
            kinds = [one for item in items if item for one in _alternatives(item)]
            continue
        fields = [
            field
            for kind in kinds
            if isinstance(kind, inspect.StructType)
            for field in kind.fields
            if field.encode_name == part
        ]
        kinds = [one for field in fields for one in _alternatives(field.type)]
    return kinds


def _alternatives(kind: inspect.Type) -> list[inspect.Type]:
    """Return the types in a union type, or the type itself."""
    if isinstance(kind, inspect.UnionType):
        return [one for part in kind.types for one in _alternatives(part)]
    if isinstance(kind, inspect.Metadata):
        return _alternatives(kind.type)
    return [kind]
