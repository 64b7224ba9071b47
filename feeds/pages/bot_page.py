"""Page about our visits, for owners of visited sites. The user agent contains the page's URL."""

from dataclasses import dataclass

from babel.units import format_unit

from data.models import Facet
from feeds.pages.renderer import PageRenderer

BOT_FILE = "bot/index.html"


@dataclass(frozen=True, slots=True)
class BotFacts:
    """Facts about visits.

    ``agent`` is the user agent, and ``robot`` its name in robots.txt. ``contact`` is the operator's
    mail address or URL. ``delay`` is the minimum time between two requests to a host, and
    ``interval`` the mean time between two visits, both in seconds. ``keys`` is the public address
    of the keys that sign requests, or empty.
    """

    agent: str
    robot: str
    contact: str
    delay: float
    interval: int
    keys: str = ""


def bot_page(pages: PageRenderer, facts: BotFacts) -> bytes:
    """Render the page: who visits a site, why and how often, and how to stop the visits."""
    texts = pages.catalog.texts
    return pages.render(
        "bot.html",
        BOT_FILE,
        Facet(),
        title=texts.gettext("About our visits"),
        description=texts.gettext(
            "Who requests pages from your site, and how to stop these requests."
        ),
        facts=facts,
        delay=format_unit(facts.delay, "duration-second", locale=texts.locale),
        interval=format_unit(
            max(1, round(facts.interval / 60)), "duration-minute", locale=texts.locale
        ),
    )
