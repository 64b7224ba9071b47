"""Advice about a source that blocks visits, and a letter to the owner of its site.

The advice contains only honest measures: identify ourselves, use another network, or ask the owner.
"""

from typing import Final
from urllib.parse import urlsplit

from data.network.request_signer import DIRECTORY_PATH
from data.settings import Settings
from data.text.masking import masked
from data.wording import lasting, time_limit
from scheduler.sources.home_health import MIN_OVERDUE_SECONDS, OVERDUE_INTERVALS
from spiders.download.settings import ROBOT, bot_page_address, user_agent
from spiders.sources.source_file import SourceFile

SIGN_WAY: Final = "sign requests (network.sign)"
PROXY_WAY: Final = "use another network (network.proxies)"
ASK_WAY: Final = "ask the owner of the site (`communique bot letter {}`)"
MEASURES: Final = {
    "site.robots": (ASK_WAY,),
    "site.login": (ASK_WAY,),
    "site.blocked": (SIGN_WAY, PROXY_WAY, ASK_WAY),
    "site.challenge": (SIGN_WAY, PROXY_WAY, ASK_WAY),
}
"""Measures that may help, by the health code of a blocked source. robots.txt and a login are
decisions of the owner, so the only measure is to ask."""

REASON_BY_CODE: Final = {
    "site.robots": "your robots.txt does not allow it",
    "site.login": "the pages need a login",
    "site.blocked": "your server refuses our requests",
    "site.challenge": "your server shows a challenge or captcha instead of the pages",
}

LETTER_TEMPLATE: Final = """\
Subject: Access of {robot} to the press releases of {name}

Dear Sir or Madam,

we collect the press releases of public institutions and companies, so that readers can follow them
in feeds and alerts, and can see when a text was published or corrected. Each entry links to your
page. We would like to include:

    {url}

{request}

- Our program identifies itself as
      {agent}
- It sends one request at a time, at least {delay} apart. It requests unchanged pages conditionally.
- It visits the list of releases at the times when you usually publish: at least {least} and
  at most {most} apart.
- It obeys robots.txt, Crawl-delay and Retry-After, never logs in, and never evades a block.
{signed}- {page}
{how}
If you do not want us to visit your site, we will stop. You can reach us at {contact}.

Kind regards
{title}
"""

REFUSED_TEXT: Final = "At present we can't, because {reason}. Would you please admit our requests?"
NOT_REFUSED: Final = "Would you please tell us whether you agree?"

ROBOTS_RULES_TEXT: Final = """
To admit the program in robots.txt, add these lines:

    User-agent: {robot}
    Allow: {path}
"""
USER_AGENT: Final = """
To admit the program, please allow requests with this user agent in your firewall or bot protection.
"""
HOW_TO_ADMIT: Final = {
    "site.robots": ROBOTS_RULES_TEXT,
    "site.blocked": USER_AGENT,
    "site.challenge": USER_AGENT,
}
"""Instructions for the owner of the site, by the health code of a blocked source."""


def ways_of(source: str, code: str, file: SourceFile, settings: Settings) -> tuple[str, ...]:
    """Return the measures that may help against a block, best first.

    ``code`` is the health code of the source. The result is empty if the source is not blocked.
    Measures already in use are omitted.
    """
    used = {SIGN_WAY: settings.network.sign, PROXY_WAY: bool(file.proxy)}
    return tuple(one.format(source) for one in MEASURES.get(code, ()) if not used.get(one, False))


def advice_line(ways: tuple[str, ...]) -> str:
    """Return a sentence with the measures that may help, or an empty string."""
    return f"may help: {'; '.join(ways)}" if ways else ""


def letter(file: SourceFile, code: str, settings: Settings) -> str:
    """Return a letter that asks the owner of a site to admit our requests.

    ``code`` is the health code of the source. If the site does not refuse our requests, the letter
    asks whether the owner agrees. A missing contact is marked for the operator.
    """
    network, site = settings.network, settings.site
    has_page = bot_page_address(settings) in user_agent(settings)
    least = settings.collect.least_interval
    longest = OVERDUE_INTERVALS * (file.interval or settings.collect.interval)
    path = urlsplit(file.url).path or "/"
    return LETTER_TEMPLATE.format(
        robot=ROBOT,
        name=file.name,
        url=masked(file.url),
        request=REFUSED_TEXT.format(reason=REASON_BY_CODE[code])
        if code in REASON_BY_CODE
        else NOT_REFUSED,
        agent=user_agent(settings),
        delay=time_limit(network.delay),
        least=time_limit(least),
        most=lasting(max(MIN_OVERDUE_SECONDS, longest, least)),
        signed=(
            "- Each request is signed (Web Bot Auth). The public keys are at\n"
            f"      {site.url.rstrip('/')}{DIRECTORY_PATH}\n"
            if network.sign
            else ""
        ),
        page=(
            f"{bot_page_address(settings)} explains our visits, and how to stop them."
            if has_page
            else "You can stop the visits at any time by a rule in robots.txt."
        ),
        how=HOW_TO_ADMIT.get(code, "").format(robot=ROBOT, path=path),
        contact=network.contact or "[your mail address; set network.contact]",
        title=site.title,
    )
