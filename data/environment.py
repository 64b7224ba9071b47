"""Settings from environment variables, such as ``COMMUNIQUE_NETWORK__CONTACT``.

Variables override the settings file. Text values are used unchanged; other values are parsed as
TOML: ``0.5``, ``true``, ``["a", "b"]``. A variable ending in ``_FILE`` contains the path of a file
with the value, as with Docker secrets. A final newline in the file is removed.

Child processes that read hostile data get an environment without these variables.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import inspect

from data.errors import SettingsError
from data.toml_files import converted, read_text
from data.wording import meant

VARIABLE_PREFIX: Final = "COMMUNIQUE_"
FILE_SUFFIX: Final = "_FILE"
TABLE_SEPARATOR: Final = "__"
ENVIRONMENT: Final = "the environment"
"""Text shown in error messages in place of a file name if a setting comes from the environment."""

CHILD_VARIABLES: Final = (
    *("PATH", "LANG", "TZ", "TMPDIR"),
    *("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH"),
)
"""Environment variables that programs and the Python interpreter need, besides locale variables
(``LC_…``). HOME and proxies are not passed on."""

KEY_OF_FILE: Final = "_file"
"""Suffix of keys whose value is the path of a file with a secret."""

Texts = inspect.StrType | inspect.LiteralType


@dataclass(frozen=True, slots=True)
class Named:
    """A setting from an environment variable: its table, key, variable and value."""

    part: str
    key: str
    variable: str
    value: object


def settings_named(
    environ: Mapping[str, str], shape: type[msgspec.Struct], folder: Path
) -> list[Named]:
    """Return all settings of ``shape`` that environment variables set.

    File paths are relative to ``folder``. Raises SettingsError with the variable if the setting
    does not exist, if its value or file is invalid, or if the setting is set twice.
    """
    variables = variables_of(shape)
    with_one_underscore = {name.replace(TABLE_SEPARATOR, "_"): name for name in variables}
    found: dict[tuple[str, str], Named] = {}
    for variable in sorted(environ):
        if not variable.startswith(VARIABLE_PREFIX):
            continue
        if TABLE_SEPARATOR not in variable.removeprefix(VARIABLE_PREFIX):
            # Other programs may use the prefix too, but this name is similar to one of our
            # settings.
            if suggestion := with_one_underscore.get(variable.removesuffix(FILE_SUFFIX)):
                fix = f"write two underscores after the part: {suggestion}"
                raise SettingsError(ENVIRONMENT, variable, fix)
            continue
        named = variable if variable in variables else variable.removesuffix(FILE_SUFFIX)
        if named not in variables:
            hint = meant(variable, [name.lower() for name in variables]).upper()
            hint = hint.replace("; DID YOU MEAN", "; did you mean")
            fix = f"no such setting exists{hint}"
            raise SettingsError(ENVIRONMENT, variable, fix)
        part, key, kind = variables[named]
        text = environ[variable]
        if named != variable:
            text = text_in(folder / text, ENVIRONMENT, variable)
        if before := found.get((part, key)):
            fix = f"{before.variable} sets it too; remove one of them"
            raise SettingsError(ENVIRONMENT, variable, fix)
        value = value_of(text, kind, variable)
        try:
            settings = converted({part: {key: value}}, shape, ENVIRONMENT, SettingsError)
        except SettingsError as error:
            raise SettingsError(ENVIRONMENT, variable, error.fix) from error
        found[part, key] = Named(part, key, variable, getattr(getattr(settings, part), key))
    return list(found.values())


@cache
def variables_of(shape: type[msgspec.Struct]) -> dict[str, tuple[str, str, inspect.Type]]:
    """Map each environment variable to the table, key and type of its setting.

    Keys such as ``smtp_password_file`` have no variable; the variable of the secret may end in
    ``_FILE`` instead. The result is cached, because a process reads the settings several times.
    """
    return {
        f"{VARIABLE_PREFIX}{part.name}{TABLE_SEPARATOR}{field.name}".upper(): (
            part.name,
            field.name,
            inspect.type_info(field.type),
        )
        for part in msgspec.structs.fields(shape)
        for field in msgspec.structs.fields(part.type)
        if field.name.removesuffix(KEY_OF_FILE) not in part.type.__struct_fields__
        or not field.name.endswith(KEY_OF_FILE)
    }


def value_of(text: str, kind: inspect.Type, variable: str) -> object:
    """Convert the value of an environment variable to the type ``kind`` of its setting.

    Raises SettingsError if the value is neither text nor TOML.
    """
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, Texts):
        return text
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        parsed = {}
    # A value with several lines could set several keys.
    if parsed.keys() != {"value"}:
        example = '["one", "two"]' if isinstance(kind, inspect.VarTupleType) else "12, 0.5 or true"
        raise SettingsError(
            ENVIRONMENT,
            variable,
            f"the value is not valid TOML. Write it as in communique.toml, for example {example}",
        )
    return parsed["value"]


def with_secrets(part: msgspec.Struct, name: str, path: Path) -> msgspec.Struct:
    """Return a table of the settings with the secrets from the files that it refers to.

    Raises SettingsError if a file can't be read or a secret is set twice.
    """
    secrets = {}
    for named in part.__struct_fields__:
        key = named.removesuffix(KEY_OF_FILE)
        if key == named or key not in part.__struct_fields__ or not getattr(part, named):
            continue
        if getattr(part, key):
            fix = f"{name}.{key} sets it too; remove one of them"
            raise SettingsError(str(path), f"{name}.{named}", fix)
        secrets[key] = text_in(path.parent / getattr(part, named), str(path), f"{name}.{named}")
    return msgspec.structs.replace(part, **secrets)


def text_in(file: Path, path: str, key: str) -> str:
    """Return the content of a file without its final newline.

    Raises SettingsError if the file can't be read or is empty.
    """
    try:
        text = read_text(file, SettingsError).rstrip("\n")
    except SettingsError as error:
        raise SettingsError(path, key, f"{file}: {error.fix}") from error
    if not text:
        # An empty value would count as missing and thus select another store.
        raise SettingsError(path, key, f"{file}: the file is empty; write the value into it")
    return text


def child_environment(*more: str) -> dict[str, str]:
    """Return the environment of a child process that reads hostile data, without passwords.

    It contains the variables in CHILD_VARIABLES, the locale, and the variables ``more``, if set.
    """
    wanted = {*CHILD_VARIABLES, *more}
    return {
        name: value
        for name, value in os.environ.items()
        if name in wanted or name.startswith("LC_")
    }
