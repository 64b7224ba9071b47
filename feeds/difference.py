"""What an edit took out and put in, word by word, as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from html import escape

from data.models import Content
from feeds.clean import plain

MOST = 4000
"""Words of one changed passage that are compared; a longer one is shown as replaced whole."""

WORDS = re.compile(r"\S+")
BREAK = "\n"


def difference(before: Content, after: Content) -> str:
    """The title and text of a release with what an edit took out (``del``) and put in (``ins``).

    Paragraphs that stayed are left out, but for the word that something is left out.
    """
    title = compared(plain(before.title).split(), plain(after.title).split())
    body = "".join(passages(before.body_text, after.body_text))
    changed = before.title != after.title
    head = f"<p><strong>{title}</strong></p>" if changed else ""
    return head + body or "<p>Its text stayed as it was; its date, files or topics changed.</p>"


def passages(before: str, after: str) -> Iterator[str]:
    """The passages of two texts that differ, each as a paragraph."""
    old, new = paragraphs_of(before), paragraphs_of(after)
    skipped = False
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    changes = matcher.get_opcodes()
    if all(kind == "equal" for kind, *_ in changes):
        return
    for kind, old_from, old_to, new_from, new_to in changes:
        if kind == "equal":
            skipped = True
            continue
        if skipped:
            yield "<p>…</p>"
            skipped = False
        one = words_of(old[old_from:old_to])
        other = words_of(new[new_from:new_to])
        yield f"<p>{compared(one, other)}</p>"
    if skipped:
        yield "<p>…</p>"


def compared(old: list[str], new: list[str]) -> str:
    """Two runs of words as one, with what was taken out and put in."""
    if len(old) + len(new) > MOST:
        return f"{marked('del', old)} {marked('ins', new)}"
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    parts = []
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            parts.append(shown(old[old_from:old_to]))
            continue
        parts.append(marked("del", old[old_from:old_to]))
        parts.append(marked("ins", new[new_from:new_to]))
    return " ".join(filter(None, parts))


def marked(tag: str, words: list[str]) -> str:
    """Words within a tag; nothing for no words."""
    return f"<{tag}>{shown(words)}</{tag}>" if words else ""


def shown(words: list[str]) -> str:
    """Words as HTML."""
    return " ".join("<br>" if word == BREAK else escape(word) for word in words)


def paragraphs_of(text: str) -> list[str]:
    """The paragraphs of a text, each one line."""
    return [line for part in text.split("\n\n") if (line := plain(part))]


def words_of(paragraphs: list[str]) -> list[str]:
    """The words of some paragraphs, with a break between two of them."""
    words: list[str] = []
    for number, paragraph in enumerate(paragraphs):
        words += [BREAK] * (number > 0)
        words += WORDS.findall(paragraph)
    return words
