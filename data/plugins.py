"""Find the plug-in classes in the modules of a package, such as channels or formats."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import TypeVar

Base = TypeVar("Base")


def classes_in(package: str, base: type[Base]) -> Iterator[type[Base]]:
    """Yield the subclasses of ``base`` that the modules of the package define, by module name."""
    folders = import_module(package).__path__
    for found in sorted(one.name for one in pkgutil.iter_modules(folders)):
        name = f"{package}.{found}"
        for value in vars(import_module(name)).values():
            is_found = isinstance(value, type) and issubclass(value, base)
            if is_found and value.__module__ == name and value is not base:
                yield value
