"""Keys by which an index finds the watches that a release may match.

A key is a property of a release, as text: a word (``mole``), two successive words (``northern
mole``), the first letters of a word (``nort*``), a word of the title (``title:mole``), or a label
(``source:harbour``). Folded words contain no other characters, so keys of different kinds differ.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from data.search.expression import And, Expression, Label, Not, Or, Term, leaves
from data.search.folded_release import FoldedRelease, word_pairs
from data.search.syntax import MIN_PREFIX_LETTERS

Key: TypeAlias = str

PREFIX_LETTERS: Final = range(MIN_PREFIX_LETTERS, MIN_PREFIX_LETTERS + 3)
"""Numbers of letters of keys for prefixes. Later letters are compared afterwards."""


class Need(NamedTuple):
    """Keys so that each match of an expression has at least one of them.

    If the need ``is_exact``, each release with one of the keys also matches the expression.
    """

    keys: frozenset[Key]
    is_exact: bool


def keys_in(release: FoldedRelease) -> frozenset[Key]:
    """Return all keys of a release."""
    words = release.words
    return frozenset().union(
        words,
        release.title.pairs,
        release.body.pairs,
        *({f"{word[:count]}*" for word in words} for count in PREFIX_LETTERS),
        [f"title:{word}" for word in release.title.words],
        [f"{name}:{value}" for name, value in release.labels],
    )


def keys_named(expression: Expression) -> Iterator[Key]:
    """Yield the keys that an expression contains, except in exclusions."""
    for leaf in leaves(expression, positive=True):
        for need in _needs_of_leaf(leaf):
            yield from need.keys


def need_of(expression: Expression, uses: Mapping[Key, int]) -> Need | None:
    """Return the need of an expression, or None if its matches have no key in common.

    If several needs are possible, return the need that the fewest watches share. ``uses`` contains
    the number of watches that name each key.
    """
    match expression:
        case Not():
            return None
        case Or(parts):
            found = [need_of(one, uses) for one in parts]
            needs = [one for one in found if one is not None]
            if len(needs) < len(found):
                return None
            keys = frozenset[Key]().union(*(one.keys for one in needs))
            return Need(keys, all(one.is_exact for one in needs))
        case And(parts):
            several = needs_of(parts, uses)
            return several[0][0]._replace(is_exact=False) if several else None
    needs = list(_needs_of_leaf(expression))
    return min(needs, key=lambda need: _uses_of(need, uses), default=None)


def needs_of(
    parts: Collection[Expression], uses: Mapping[Key, int]
) -> list[tuple[Need, Expression]]:
    """Return expressions after their needs, the most selective needs first."""
    found = [(need, part) for part in parts if (need := need_of(part, uses)) is not None]
    return sorted(found, key=lambda one: _uses_of(one[0], uses))


def _uses_of(need: Need, uses: Mapping[Key, int]) -> tuple[bool, int, list[Key]]:
    # Nearly every release has one of a few languages and sources, so words come first.
    is_label = any(":" in key and not key.startswith("title:") for key in need.keys)
    return is_label, sum(uses[key] for key in need.keys), sorted(need.keys)


def _needs_of_leaf(leaf: Expression) -> Iterator[Need]:
    """Yield the needs of a leaf. Each match of the leaf meets all of them."""
    if isinstance(leaf, Label):
        yield Need(frozenset(f"{leaf.name}:{value}" for value in leaf.values), is_exact=True)
    if not isinstance(leaf, Term):
        return
    words = leaf.words.split(" ")
    whole = words[:-1] if leaf.prefix else words
    if not whole:
        letters = words[0][: PREFIX_LETTERS[-1]]
        yield Need(frozenset([f"{letters}*"]), is_exact=not leaf.place and letters == words[0])
    elif len(whole) == 1:
        in_title = leaf.place == "title"
        is_exact = not leaf.prefix and leaf.place != "body"
        yield Need(frozenset([f"title:{whole[0]}" if in_title else whole[0]]), is_exact)
    for pair in word_pairs(whole):
        yield Need(frozenset([pair]), is_exact=not leaf.place and len(words) == 2)  # noqa: PLR2004 - the pair itself
