"""Read lists of URLs to explore: one URL per line, or an OPML 2.0 file."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from typing import Final

from data.errors import CommuniqueError
from data.text.html_text import escaped_line
from spiders.listing.feed import MAX_ITEMS, NotXML, local_name, parse_xml
from spiders.page.page import Page

UTF16_MARKS: Final = (BOM_UTF16_BE, BOM_UTF16_LE)
"""Byte order marks of UTF-16. Lists with one URL per line are never in UTF-16."""

URL_ATTRIBUTES: Final = ("xmlurl", "htmlurl", "url")
"""Attributes of an OPML outline that contain a URL, in lower case. Feeds come before pages."""


class BadList(CommuniqueError):
    """Raised if a list of URLs can't be read."""

    exit_code = 2

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}; write one address per line, or give an OPML file")
        self.name = name
        self.why = why


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """A URL in a list, with the institution's name from the list, or "".

    If ``may_be_file``, an entry that is not a web URL is the path of a saved page. It is false for
    OPML files, because other people write them.
    """

    address: str
    name: str = ""
    may_be_file: bool = True


def read_addresses(content: bytes, name: str) -> list[ListedAddress]:
    """Return the distinct URLs in a list, in the list's order.

    ``name`` is the list's name in error messages. Raises BadList if the list can't be read.
    """
    if content.startswith(UTF16_MARKS) or content.removeprefix(BOM_UTF8).lstrip().startswith(b"<"):
        try:
            found = read_opml(Page("", content, "text/xml").text)
        except NotXML as error:
            raise BadList(name, str(error)) from error
        if not found:
            raise BadList(name, "the OPML file contains no addresses")
        return found
    if b"\0" in content:
        raise BadList(name, "the list is not a text file")
    lines = map(str.strip, content.decode("utf-8-sig", "replace").splitlines())
    listed = [ListedAddress(line) for line in lines if line and not line.startswith("#")]
    if not listed:
        raise BadList(name, "the list contains no addresses")
    return listed


def read_opml(text: str) -> list[ListedAddress]:
    """Return the URLs in an OPML file's outlines. Raises NotXML if the file is invalid.

    Outlines that only group other outlines are omitted.
    """
    found: dict[str, ListedAddress] = {}
    for node in parse_xml(text).iter():
        if local_name(node) != "outline":
            continue
        attributes = {str(key).lower(): str(value).strip() for key, value in node.attrib.items()}
        address = next((attributes[key] for key in URL_ATTRIBUTES if attributes.get(key)), "")
        if address and address not in found:
            name = escaped_line(attributes.get("text") or attributes.get("title") or "")
            found[address] = ListedAddress(address, name, may_be_file=False)
            if len(found) == MAX_ITEMS:
                break
    return list(found.values())
