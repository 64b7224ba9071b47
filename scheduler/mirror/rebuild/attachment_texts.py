"""Reading of attachments for a rebuilt store, from their archived bytes."""

from contextlib import closing
from hashlib import sha256

from data.archive.warc.index import Index
from data.models import FileText
from data.store.core.store import Store
from scheduler.home.home import Home
from spiders.attachments.read import read_attachment
from spiders.crawl.drafts.release_files import FileKinds
from spiders.sources.loader import load_sources
from spiders.stored.page_captures import PageCaptures


def restore_attachment_texts(home: Home, store: Store) -> None:
    """Extract the text of all attachments again for which the lost store had a text.

    Scans are recognized if the settings or the source file select this, with the programs of this
    machine. Removed and damaged records are omitted.
    """
    sources, _ = load_sources(home.sources)
    settings = home.settings
    with closing(Index(home.archive)) as index:
        captures = PageCaptures(home.archive, index, settings.network.max_bytes)
        for (source, url), digests in store.missing_file_texts().items():
            kind = settings.archive.attachment_text
            if loaded := sources.get(source):
                kind = FileKinds.wanted(loaded.file, settings.archive).text
            languages = (*store.languages_of_file(url),) or ("en",) if kind == "scans" else ()
            texts: dict[str, FileText] = {}
            for answer in reversed([*captures.answers(url)]):
                digest = f"sha256:{sha256(answer.body).hexdigest()}"
                if digest in digests:
                    texts[digest] = read_attachment(answer.body, languages)
            store.restore_file_texts(url, texts)
