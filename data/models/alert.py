"""What watches can be told of."""

from __future__ import annotations

from typing import Literal, TypeAlias

AlertKind: TypeAlias = Literal["release", "edit", "gone", "retraction", "health"]
"""A new release, an edit of one, one that is gone unconfirmed, one that is retracted, and a source
whose health changed."""
