"""What topics are called in a HOME, and which of them were sections all along."""

from __future__ import annotations

import logging

from data.errors import SettingsError, SourceError, UnknownSource
from data.store.protocol import Store
from data.text.clean import clean_line
from data.text.slugs import slug_of
from data.topics.taxonomy import load_taxonomy
from scheduler.home import Home
from spiders.sources.loader import load_source

log = logging.getLogger(__name__)


def settle_topics(home: Home, store: Store) -> None:
    """Have the store call topics as the taxonomy of today does, in the language of the site.

    Earlier versions made a topic of every section. Releases leave those that are none: that the
    taxonomy does not know, nor the file of their source names.
    """
    try:
        taxonomy = load_taxonomy(home.topics)
    except SettingsError as error:
        log.warning("%s; topics keep their names until then", error)
        return
    store.keep_taxonomy(taxonomy.labels(home.settings.site.language), taxonomy.parents)
    for source, topic in store.section_topics():
        try:
            own = load_source(home.sources, source).file.topics
        except UnknownSource:
            own = ()
        except SourceError as error:
            log.warning("%s; releases of it keep the topic %s until then", error, topic)
            continue
        # As it was called before the taxonomy knew the name, too.
        if topic not in map(slug_of, map(clean_line, own)):
            store.drop_section_topic(source, topic)
