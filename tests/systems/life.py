"""The life of a WordPress site, step by step, and what a source that is collected makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.systems.newcomer import Newcomer, NotDone
from tests.systems.posts import Post, posts
from tests.systems.truth import Held, Kept, compare, folded
from tests.systems.wordpress import PRETTY, Choices, WordPress, entry

EDITED, TRASHED, RENAMED, LOCKED = -1, -2, -3, -4
"""The posts that something happens to, counted from the newest."""

MORE = 3
"""Posts that are held back, to be published later."""


@dataclass
class Life:
    """A site that lives, and the newcomer who collects it. ``made`` are all posts."""

    site: WordPress
    newcomer: Newcomer
    choices: Choices
    made: tuple[Post, ...] = field(default_factory=posts)

    @property
    def first(self) -> tuple[Post, ...]:
        """The posts that are there from the beginning."""
        return self.made[:-MORE]

    def title(self, which: int) -> str:
        """The title of a post of the beginning, counted from the newest."""
        return self.first[which].title

    def choose(self, *, theme: str = "", permalinks: str = "") -> None:
        """Switch the theme or the permalinks."""
        self.choices = replace(
            self.choices,
            theme=theme or self.choices.theme,
            permalinks=permalinks or self.choices.permalinks,
        )
        self.site.choose(self.choices)


@dataclass(frozen=True)
class Step:
    """Something that happens, and what may come of it.

    ``edited`` posts gain a revision, ``retracted`` ones are told as gone after the visit, ``new``
    ones are collected; nothing else changes. ``works`` says whether the visit may fail.
    """

    name: str
    do: Callable[[Life], object]
    edited: tuple[int, ...] = ()
    retracted: tuple[int, ...] = ()
    new: int = 0
    works: bool = True


@dataclass(frozen=True)
class Lived:
    """A step that was taken, and what was wrong after it."""

    name: str
    wrong: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether all was as it should be."""
        return not self.wrong


def nothing(_: Life) -> None:
    """Let nothing happen."""


def edit(life: Life) -> None:
    """Say something else in the newest post."""
    post = life.first[EDITED]
    more = "<p>Correction: the auditors begin in spring, the chair of the assembly wrote.</p>"
    life.site.act("edit", title=post.title, html=f"{post.html}\n{more}")


def rename(life: Life) -> None:
    """Give a post another address; WordPress redirects from the old one."""
    life.site.act("edit", title=life.title(RENAMED), fields={"post_name": "a-better-address"})


def lock(life: Life) -> None:
    """Ask for a password before a post is shown."""
    life.site.act("edit", title=life.title(LOCKED), fields={"post_password": "weir"})


def unlock(life: Life) -> None:
    """Show it again."""
    life.site.act("edit", title=life.title(LOCKED), fields={"post_password": ""})


def close(life: Life) -> None:
    """Answer 503 to all, as WordPress does while it is updated."""
    text = f"<?php $upgrading = {int(time.time())};"
    (life.site.root / ".maintenance").write_text(text, encoding="utf-8")


def open_again(life: Life) -> None:
    """End the maintenance, and let the time pass that WordPress asked to be let alone for."""
    (life.site.root / ".maintenance").unlink()
    life.newcomer.let_waits_end(life.site.url)


def move(life: Life) -> None:
    """Move the site below a path; its server redirects from the old addresses."""
    life.site.move("/press")


def publish_more(life: Life) -> None:
    """Publish three new posts."""
    for post in life.made[-MORE:]:
        life.site.act("add", post=entry(post))


STEPS = (
    Step("first visit", nothing, new=45 - MORE),
    Step("nothing happened", nothing),
    Step("edit", edit, edited=(EDITED,)),
    Step("trash, seen once", lambda life: life.site.act("trash", title=life.title(TRASHED))),
    Step("trash, confirmed", nothing, retracted=(TRASHED,)),
    Step("slug", rename, retracted=(TRASHED,)),
    Step(
        "permalinks",
        lambda life: life.choose(permalinks="/%postname%/"),
        retracted=(TRASHED,),
    ),
    Step(
        "permalinks again",
        lambda life: life.choose(permalinks="/archives/%post_id%"),
        retracted=(TRASHED,),
    ),
    Step("permalinks back", lambda life: life.choose(permalinks=PRETTY), retracted=(TRASHED,)),
    Step("theme", lambda life: life.choose(theme="boardtable"), retracted=(TRASHED,)),
    Step("theme again", lambda life: life.choose(theme="twentytwentyfive"), retracted=(TRASHED,)),
    Step("password", lock, retracted=(TRASHED,)),
    Step("password taken off", unlock, retracted=(TRASHED,)),
    Step("maintenance", close, retracted=(TRASHED,), works=False),
    Step("maintenance over", open_again, retracted=(TRASHED,)),
    Step("moved below a path", move, retracted=(TRASHED,)),
    Step("three new posts", publish_more, retracted=(TRASHED,), new=MORE),
    Step("restore", lambda life: life.site.act("restore", title=life.title(TRASHED))),
)


def live(site: WordPress, home: Path, *, feeds: bool) -> Iterator[Lived]:
    """Take all steps, and say after each what is wrong."""
    choices = Choices("boardloop", blocked=not feeds)
    life = Life(site, Newcomer(home), choices)
    site.fill(life.first)
    site.choose(choices)
    # A retraction is confirmed by the next visit, however soon that is.
    life.newcomer.settle(retract_after=0)
    life.newcomer.add(f"{site.url}/")
    held: dict[str, Held] = {}
    known: set[str] = set()
    before: list[Kept] = []
    for step in STEPS:
        step.do(life)
        wrong: list[str] = []
        try:
            run = life.newcomer.collect()
            if step.works and not run["pages"]:
                wrong.append(f"nothing was read: {run['errors']}")
        except NotDone as error:
            wrong.append(str(error))
        # What was trashed was there once: it is no stray.
        if step.works:
            held |= {post.title: post for post in site.held()}
        after = life.newcomer.export()
        wrong += differences(life, step, before, after)
        faults = {
            f"{kind}: {fault}"
            for kind, found in compare(list(held.values()), after).wrongs().items()
            for fault in found
        }
        # What was wrong before is not the fault of this step.
        wrong += sorted(faults - known)
        known = faults
        before = after
        yield Lived(step.name, tuple(wrong))


def differences(life: Life, step: Step, before: list[Kept], after: list[Kept]) -> list[str]:
    """What changed though it should not have, and what should have and did not."""
    old = {release.id: release for release in before}
    new = [release for release in after if release.id not in old]
    gone = set(old) - {release.id for release in after}
    wrong = [f"{len(new)} new, not {step.new}"] * (len(new) != step.new)
    wrong += [f"the id of {old[one].title} is gone" for one in gone]
    edited = {folded(life.title(which)) for which in step.edited}
    retracted = {folded(life.title(which)) for which in step.retracted}
    for release in after:
        known = old.get(release.id)
        if known and release.published != known.published:
            wrong.append(f"{release.title} moved from {known.published} to {release.published}")
        grown = known is not None and release.revision > known.revision
        title = folded(release.title)
        if grown and title not in edited:
            wrong.append(f"a false correction of {release.title}")
        if not grown and title in edited:
            wrong.append(f"the edit of {release.title} was not found")
        if release.retracted and title not in retracted:
            wrong.append(f"a false retraction of {release.title}")
        if not release.retracted and title in retracted:
            wrong.append(f"the retraction of {release.title} was not found")
    return wrong
