"""Validate the source, topic and language names passed to commands."""

from collections.abc import Iterable

from data.errors import RenamedSource, UnknownSource, UnknownTopic
from data.store.core.store import Store
from data.text.clean import clean_line
from data.text.folding import slug_of
from data.topics.taxonomy import load_taxonomy
from scheduler.home.home import Home
from spiders.sources.source_file import load_sources


def check_known(store: Store, source: str, files: Iterable[str] = ()) -> None:
    """Raise UnknownSource unless the store or ``files`` has a source with this id.

    Raises RenamedSource for a former id.
    """
    known = {*store.sources(), *files}
    if source in known:
        return
    if now := store.source_moves().get(source):
        raise RenamedSource(source, now)
    raise UnknownSource(source, tuple(sorted(known)))


def check_source(home: Home, store: Store, source: str) -> None:
    """Raise UnknownSource unless the store or a valid source file has this id.

    Raises RenamedSource for a former id.
    """
    check_known(store, source, load_sources(home.sources)[0])


def check_topics(
    home: Home, store: Store, topics: Iterable[str], *, sections: bool = False
) -> None:
    """Raise UnknownTopic unless the taxonomy, a source file or a release has all these topics.

    With ``sections``, the slugs of sections are allowed too. Raises SettingsError if the taxonomy
    is invalid.
    """
    known = {*store.topics()}
    if sections:
        known.update(slug for _, slug in store.section_labels())
    unknown = {*topics} - known
    if not unknown:
        return
    known.update(load_taxonomy(home.topics).topics)
    for source in load_sources(home.sources)[0].values():
        known.update(slug_of(clean_line(topic)) for topic in source.file.topics)
    for topic in sorted(unknown - known):
        raise UnknownTopic(topic, tuple(sorted(known)))
