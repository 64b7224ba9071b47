"""Match CSS selectors with combinators step by step, in linear time.

XPath takes cubic time for ``div div p`` on nested elements, because it collects the descendants of
each ``div`` again. This module finds the elements for each compound (such as ``div``) once, and
checks each ancestor and sibling once.

XPath takes quadratic time for a union of paths and for ``td:nth-of-type(2)``. This module merges
the results of several selectors in one pass, counts the children of each element once, and finds
the elements that match ``:has()`` and ``:not()`` once per page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from copy import copy
from itertools import takewhile
from typing import Final, NamedTuple, Protocol, TypeAlias

from cssselect.parser import (
    CombinedSelector,
    FunctionalPseudoElement,
    Negation,
    Relation,
    Selector,
    Tree,
)
from cssselect.parser import Element as Leaf
from lxml import etree
from parsel.csstranslator import HTMLTranslator

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no public name for this class

WALKED: Final = ("start", "end", "comment", "pi")

SIBLING_COUNT: Final = re.compile(
    r"\"[^\"]*+\"|'[^']*+'|count\((preceding|following)-sibling::([^()\"']+)\)"
)
"""Pattern of an XPath string literal, or a count of siblings as written by cssselect.

A count has two groups: its axis and its name test. String literals are matched so that a count
inside them is not replaced.
"""


class Step(NamedTuple):
    """A compound selector such as ``p.lead``, and the combinator before it or ""."""

    combinator: str
    compound: Compound


class CombinedPath:
    """A compiled CSS selector with any number of combinators.

    ``wanted`` selects the result for each matching element: "" for the element itself, "::text" for
    its texts, or the name of an attribute.

    Raises SelectorError or XPathError if the selector is invalid.
    """

    def __init__(self, selector: Selector, *, within: bool) -> None:
        self.wanted = _wanted(selector)
        self._steps = _steps(selector.parsed_tree)
        self._within = within

    def elements(self, root: Element) -> list[Element]:
        """Return the matching elements in the tree of ``root``, in document order.

        ``root`` itself may match, unless ``within`` was set when the selector was created.
        """
        return _matching(self._steps, root, within=self._within)


class Compound:
    """A part of a selector without combinators outside parentheses, such as ``p:not(div p)``.

    XPath finds the matching elements. ``:has()`` and ``:not()`` with a combinator take quadratic
    time in XPath, so their elements are found once per page.
    """

    def __init__(self, tree: Tree) -> None:
        self._negated: list[list[Step]] = []
        self._related: list[list[tuple[str, Compound]]] = []
        path = HTMLTranslator().xpath(self._without_conditions(tree))
        self._find = compiled_path(f"descendant-or-self::{path}")

    def elements(self, root: Element) -> list[Element]:
        """Return the matching elements in the tree of ``root``, in document order.

        ``root`` itself can match.
        """
        found = self._find(root)
        assert isinstance(found, list)  # noqa: S101 - a CSS selector returns nodes
        matched = [one for one in found if isinstance(one, etree._Element)]  # noqa: SLF001 - as above
        # ``:has()`` and ``:not()`` also depend on the root's ancestors and siblings.
        page = root.getroottree().getroot()
        for steps in self._negated:
            excluded = set(_matching(steps, page, within=False))
            matched = [one for one in matched if one not in excluded]
        for arguments in self._related:
            wanted: set[Element] = set()
            for combinator, compound in arguments:
                wanted |= _related_to(compound.elements(page), combinator)
            matched = [one for one in matched if one in wanted]
        return matched

    def _without_conditions(self, tree: Tree) -> Tree:
        """Remove the conditions that are matched separately from a selector, and store them.

        These are ``:not()`` with a combinator in its argument, and ``:has()`` with simple
        arguments. Returns the selector without these conditions.
        """
        if isinstance(tree, Leaf | CombinedSelector):
            return tree
        if isinstance(tree, Negation) and _is_complex(tree.subselector):
            self._negated.append(_steps(tree.subselector))
            return self._without_conditions(tree.selector)
        if isinstance(tree, Relation) and _has_simple_arguments(tree):
            arguments = [
                (str(combinator.value), Compound(selector.parsed_tree))
                for combinator, selector in tree.arguments
            ]
            self._related.append(arguments)
            return self._without_conditions(tree.selector)
        plain = copy(tree)
        plain.selector = self._without_conditions(tree.selector)
        return plain


def _steps(tree: Tree) -> list[Step]:
    """Return the compounds of a selector with their combinators, from left to right."""
    steps = []
    while isinstance(tree, CombinedSelector):
        steps.append(Step(tree.combinator, Compound(tree.subselector)))
        tree = tree.selector
    return [Step("", Compound(tree)), *reversed(steps)]


def _matching(steps: list[Step], root: Element, *, within: bool) -> list[Element]:
    found = steps[0].compound.elements(root)
    if within:
        found = [one for one in found if one is not root]
    for step in steps[1:]:
        near = set(found)
        is_near = _relation(step.combinator, near)
        found = [one for one in step.compound.elements(root) if is_near(one)] if near else []
    return found


def _is_complex(tree: Tree) -> bool:
    """Whether a selector has a combinator, including inside ``:has()`` and ``:not()``."""
    if isinstance(tree, Leaf):
        return False
    if isinstance(tree, CombinedSelector):
        return True
    if isinstance(tree, Relation) and _has_simple_arguments(tree):
        return True
    is_negated = isinstance(tree, Negation) and _is_complex(tree.subselector)
    return is_negated or _is_complex(tree.selector)


def _has_simple_arguments(relation: Relation) -> bool:
    """Whether each argument of ``:has()`` has at most one compound.

    Longer arguments are left to XPath, because all their compounds must match below the element
    itself.
    """
    return not any(is_combined(selector) for _, selector in relation.arguments)


def _related_to(found: list[Element], combinator: str) -> set[Element]:
    """Return the elements that satisfy one argument of ``:has()``.

    ``found`` contains the elements that match the argument's compound. The result depends on the
    combinator: parents (">"), ancestors (" "), previous siblings ("+"), or all earlier siblings
    ("~").
    """
    match combinator:
        case ">":
            return {above for one in found if (above := one.getparent()) is not None}
        case "+":
            return {before for one in found if (before := _previous(one)) is not None}
    related: set[Element] = set()
    for one in found:
        around = one.iterancestors() if combinator == " " else one.itersiblings("*", preceding=True)
        related.update(takewhile(lambda other: other not in related, around))
    return related


class Evaluation(Protocol):
    """The XPath evaluation context that lxml passes to extension functions."""

    context_node: Element
    eval_context: dict[object, dict[Element, tuple[int, int]]]


def compiled_path(path: str) -> etree.XPath:
    """Compile an XPath expression so that it counts siblings in linear time.

    Raises XPathError if the expression is invalid.
    """
    linear = SIBLING_COUNT.sub(
        lambda found: f"{found[1]}-siblings('{found[2]}')" if found[1] else found[0], path
    )
    return etree.XPath(linear, extensions=SIBLING_FUNCTIONS)


SIBLING_FUNCTIONS: Final[Mapping[tuple[None, str], Callable[[Evaluation, str], int]]] = {
    (None, "preceding-siblings"): lambda evaluation, name: _sibling_counts(evaluation, name)[0],
    (None, "following-siblings"): lambda evaluation, name: _sibling_counts(evaluation, name)[1],
}


def _sibling_counts(evaluation: Evaluation, name: str) -> tuple[int, int]:
    """Return the number of an element's siblings named ``name`` before and after it (``*``: any).

    The children of each parent are counted once per evaluation.
    """
    element = evaluation.context_node
    known = evaluation.eval_context.setdefault(name, {})
    if element not in known:
        parent = element.getparent()
        siblings = [element] if parent is None else [*parent.iterchildren("*")]
        left = sum(name in ("*", one.tag) for one in siblings)
        before = 0
        for one in siblings:
            is_named = name in ("*", one.tag)
            left -= is_named
            known[one] = before, left
            before += is_named
    return known[element]


def is_combined(selector: Selector) -> bool:
    """Whether a selector has a combinator, including inside the argument of a pseudo-class."""
    return _is_complex(selector.parsed_tree)


def found_by(paths: list[CombinedPath], root: Element) -> Iterator[Element | str]:
    """Yield all matches of several selectors in the tree of ``root``, in document order."""
    found = [(path.wanted, path.elements(root)) for path in paths]
    if len(found) == 1 and not found[0][0]:
        yield from found[0][1]
        return
    wanted: dict[str, set[Element]] = {}
    for name, matched in found:
        wanted.setdefault(name, set()).update(matched)
    own, texts = wanted.pop("", set()), wanted.pop("::text", set())
    for event, element in etree.iterwalk(root, events=WALKED):
        if event == "start":
            if element in own:
                yield element
            for name, elements in wanted.items():
                if element in elements and (value := element.get(name)) is not None:
                    yield value
            if element in texts and element.text:
                yield element.text
        elif element is not root and element.tail and element.getparent() in texts:
            yield element.tail


def _wanted(selector: Selector) -> str:
    match selector.pseudo_element:
        case None:
            return ""
        case "text":
            return "::text"
        case FunctionalPseudoElement(name="attr", arguments=[argument]):
            return str(argument.value)
    # Raises the same error for an unknown pseudo-element as for a selector without combinators.
    HTMLTranslator().selector_to_xpath(selector, translate_pseudo_elements=True)
    return ""


def _relation(combinator: str, near: AbstractSet[Element]) -> Callable[[Element], bool]:
    """Return a predicate for elements that a combinator relates to an element in ``near``."""
    known: dict[Element, bool] = {}
    match combinator:
        case " ":
            return lambda one: _reaches(one, lambda inner: inner.getparent(), near, known)
        case ">":
            return lambda one: one.getparent() in near
        case "+":
            return lambda one: _previous(one) in near
    return lambda one: _reaches(one, _previous, near, known)


def _reaches(
    start: Element,
    move: Callable[[Element], Element | None],
    near: AbstractSet[Element],
    known: dict[Element, bool],
) -> bool:
    """Whether repeated calls of ``move``, starting with ``start``, reach an element in ``near``.

    ``known`` caches the results per element and is updated.
    """
    path = []
    at = move(start)
    while at is not None and at not in near and at not in known:
        path.append(at)
        at = move(at)
    is_reached = at is not None and (at in near or known[at])
    known.update(dict.fromkeys(path, is_reached))
    return is_reached


def _previous(element: Element) -> Element | None:
    """Return the previous sibling element, skipping comments, or None."""
    return next(element.itersiblings("*", preceding=True), None)
