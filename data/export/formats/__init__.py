"""Formats in which `communique export` writes releases, one module in this folder per format.

Each module except `export_format` defines a subclass of ExportFormat. docs/how-to/
add-an-export-format.md explains how to add a format.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Final

from data.export.formats.export_format import ExportFormat


def find_formats() -> Iterator[type[ExportFormat]]:
    """Yield the format classes of all modules in this folder, sorted by module name."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        name = f"{__name__}.{module.name}"
        for value in vars(import_module(name)).values():
            is_format = isinstance(value, type) and issubclass(value, ExportFormat)
            if is_format and value.__module__ == name and value is not ExportFormat:
                yield value


FORMATS: Final = {one.name: one for one in find_formats()}
"""Formats by name."""
