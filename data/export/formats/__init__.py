"""Formats in which `communique export` writes releases, one module in this folder per format.

Each module except `export_format` defines a subclass of ExportFormat. docs/how-to/
add-an-export-format.md explains how to add a format.
"""

from typing import Final

from data.export.formats.export_format import ExportFormat
from data.plugins import classes_in

FORMATS: Final = {
    one.name: one
    for one in classes_in(__name__, ExportFormat)  # type: ignore[type-abstract]  # only a filter
}
"""Export formats by name."""
