"""Settings that the environment names, over those of a file: ``COMMUNIQUE_NETWORK__CONTACT``.

A text is taken as it is, whatever else as TOML has it: ``0.5``, ``true``, ``["a", "b"]``. With
``_FILE`` behind its name a variable names the file that holds the value, as images of Docker take
secrets: the line's end after it is not part of it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from msgspec import inspect

from data.errors import SettingsError
from data.toml_files import converted, read_text
from data.wording import meant

PREFIX: Final = "COMMUNIQUE_"
FILE: Final = "_FILE"
BETWEEN: Final = "__"
ENVIRONMENT: Final = "the environment"
"""What messages call it, where they name the file that is wrong otherwise."""

KEY_OF_FILE: Final = "_file"
"""What the keys end with that name the file of a secret."""

Texts = inspect.StrType | inspect.LiteralType


@dataclass(frozen=True, slots=True)
class Named:
    """A setting that the environment names: the part and the key, the variable, and the value."""

    part: str
    key: str
    variable: str
    value: object


def settings_named(
    environ: Mapping[str, str], shape: type[msgspec.Struct], folder: Path
) -> list[Named]:
    """The settings of ``shape`` that variables name; paths of files begin at ``folder``.

    Raises SettingsError that names the variable: there is no such setting, its value or its file
    can't be used, or it is named twice.
    """
    variables = variables_of(shape)
    with_one_underscore = {name.replace(BETWEEN, "_"): name for name in variables}
    found: dict[tuple[str, str], Named] = {}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX):
            continue
        if BETWEEN not in variable.removeprefix(PREFIX):
            # Others have names like ours; this one would be thought to say something.
            if said := with_one_underscore.get(variable.removesuffix(FILE)):
                fix = f"write two underscores after the part: {said}"
                raise SettingsError(ENVIRONMENT, variable, fix)
            continue
        named = variable if variable in variables else variable.removesuffix(FILE)
        if named not in variables:
            fix = f"there is no such setting{meant_variable(variable, variables)}"
            raise SettingsError(ENVIRONMENT, variable, fix)
        part, key, kind = variables[named]
        text = environ[variable]
        if named != variable:
            text = text_in(folder / text, ENVIRONMENT, variable)
        if before := found.get((part, key)):
            fix = f"{before.variable} says it as well; leave one of them out"
            raise SettingsError(ENVIRONMENT, variable, fix)
        value = value_of(text, kind, variable)
        try:
            settings = converted({part: {key: value}}, shape, ENVIRONMENT, SettingsError)
        except SettingsError as error:
            raise SettingsError(ENVIRONMENT, variable, error.fix) from error
        found[part, key] = Named(part, key, variable, getattr(getattr(settings, part), key))
    return list(found.values())


def variables_of(shape: type[msgspec.Struct]) -> dict[str, tuple[str, str, inspect.Type]]:
    """The variable of each setting: its part, its key, and what it may be.

    A key such as ``smtp_password_file`` has none of its own: ``_FILE`` behind a name says it.
    """
    return {
        f"{PREFIX}{part.name}{BETWEEN}{field.name}".upper(): (
            part.name,
            field.name,
            inspect.type_info(field.type),
        )
        for part in msgspec.structs.fields(shape)
        for field in msgspec.structs.fields(part.type)
        if field.name.removesuffix(KEY_OF_FILE) not in part.type.__struct_fields__
        or not field.name.endswith(KEY_OF_FILE)
    }


def meant_variable(variable: str, variables: Mapping[str, object]) -> str:
    """The end of a sentence that says which variable somebody may have meant."""
    if said := meant(variable, [name.lower() for name in variables]):
        return said.upper().replace("; DID YOU MEAN", "; did you mean")
    return ""


def value_of(text: str, kind: inspect.Type, variable: str) -> object:
    """The value of a variable. Raises SettingsError for what is no text and no TOML."""
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, Texts):
        return text
    try:
        said = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        said = {}
    # More than one line could say more than one thing.
    if said.keys() != {"value"}:
        example = '["one", "two"]' if isinstance(kind, inspect.VarTupleType) else "12, 0.5 or true"
        raise SettingsError(
            ENVIRONMENT, variable, f"write it as in communique.toml, such as {example}"
        )
    return said["value"]


def with_secrets(part: msgspec.Struct, name: str, path: Path) -> msgspec.Struct:
    """A part of the settings in the file at ``path``, with the secrets that its keys name files of.

    Raises SettingsError where a file can't be read, or a secret is told twice.
    """
    secrets = {}
    for named in part.__struct_fields__:
        key = named.removesuffix(KEY_OF_FILE)
        if key == named or key not in part.__struct_fields__ or not getattr(part, named):
            continue
        if getattr(part, key):
            fix = f"{name}.{key} says it as well; leave one of them out"
            raise SettingsError(str(path), f"{name}.{named}", fix)
        secrets[key] = text_in(path.parent / getattr(part, named), str(path), f"{name}.{named}")
    return msgspec.structs.replace(part, **secrets)


def text_in(file: Path, path: str, key: str) -> str:
    """What a file holds, without the end of its last line.

    Raises SettingsError where it can't be read, or is empty.
    """
    try:
        text = read_text(file, SettingsError).rstrip("\n")
    except SettingsError as error:
        raise SettingsError(path, key, f"{file}: {error.fix}") from error
    if not text:
        # As if nothing was set: of an address of a store that would be another store.
        raise SettingsError(path, key, f"{file}: it is empty; write the value into it")
    return text
