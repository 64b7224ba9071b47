"""One external fault, and the tests that check how the project handles it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by its number: what happens, what is right then, and the tests that assert it.

    ``tests`` are functions as pytest names them. One of them at the least asserts what is kept, be
    it the same one that asserts what is refused.
    """

    number: int
    what: str
    right: str
    tests: tuple[str, ...]
