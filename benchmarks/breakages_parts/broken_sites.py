"""Breakages of listings, sites and connections, and the health codes that a person would choose."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.breakages_parts.faults import (
    at_listing,
    at_robots,
    cut_listing,
    elsewhere,
    everywhere,
    forbids_releases,
    forbids_section,
    no_rows,
    text,
    to_consent,
    to_login,
)
from benchmarks.breakages_parts.history import DAILY, QUICK, ROOMS, History, Line, breakage, family
from benchmarks.breakages_parts.interstitials import said, shown
from benchmarks.breakages_parts.web_server import Answer


def broken_sites() -> Iterator[History]:
    """All of them."""
    yield from of_listings()
    yield from of_sites()
    yield from of_connections()


def of_listings() -> Iterator[History]:
    """Listings that are empty, gone, or somewhere else."""
    yield from family(
        "listing empty",
        "listing.empty",
        {
            "no rows, no word": no_rows(""),
            "no results": no_rows("Keine Ergebnisse gefunden."),
            "nothing found": no_rows("Ничего не найдено"),
        },
    )
    yield from family(
        "listing filled by scripts",
        "listing.empty listing.needs_scripts",
        {
            "Vite": at_listing(shown("shell")),
            "Angular": at_listing(shown("next_shell")),
            "all pages": everywhere(shown("shell")),
        },
        first=1,
    )
    yield from family(
        "listing gone",
        "listing.moved",
        {
            "404": at_listing(shown("soft_404", 404)),
            "410": at_listing(said("<h1>Gone</h1>", 410)),
            "soft 404": at_listing(shown("soft_404")),
        },
        first=2,
    )
    yield from family(
        "section moved",
        "listing.moved site.redirects_away",
        {
            "302 to the home page": elsewhere("/", 302),
            "301 to another host": elsewhere("http://portal.example:{port}/", 301),
            "to the contact page": elsewhere("/about.aspx", 301),
            "302 to another host's page": elsewhere("http://county.example:{port}/news/", 302),
        },
    )
    yield from family(
        "domain parked",
        "listing.empty listing.moved site.redirects_away site.parked",
        {
            "for sale": everywhere(shown("parked"), robots=True),
            "lander": everywhere(shown("lander"), robots=True),
            "expired": everywhere(shown("expired")),
            "new server": everywhere(shown("nginx")),
        },
        first=1,
    )


def of_sites() -> Iterator[History]:
    """Sites that keep us out, or say that they are not there for now."""
    yield from family(
        "login wall",
        "site.login",
        {
            "form with 200": everywhere(shown("login_form")),
            "302 to /login": to_login("/login?next=%2F"),
            "site under a password": everywhere(shown("password_protected")),
            "401": everywhere(
                said("<h1>Unauthorized</h1>", 401, WWW_Authenticate='Basic realm="press"')
            ),
            "listing alone": at_listing(shown("login_form")),
        },
        state="blocked",
    )
    yield from family(
        "soft block with 200",
        "site.challenge site.blocked",
        {
            "Imperva": everywhere(shown("imperva")),
            "Anubis": everywhere(shown("anubis")),
            "F5 BIG-IP": everywhere(shown("big_ip")),
            "AWS WAF, 202": everywhere(shown("aws_waf", 202)),
            "listing alone": at_listing(shown("imperva")),
        },
        state="blocked",
        first=1,
    )
    yield from family(
        "soft block with a status",
        "site.challenge site.blocked",
        {
            "Cloudflare, 403": everywhere(shown("cloudflare", 403, cf_mitigated="challenge")),
            "Cloudflare, 503": everywhere(shown("cloudflare", 503)),
            "Akamai, 403": everywhere(shown("akamai", 403)),
            "DataDome, 403": everywhere(shown("datadome", 403)),
        },
        state="blocked",
        first=2,
    )
    yield from family(
        "consent page",
        "site.challenge listing.empty site.redirects_away listing.moved",
        {
            "in place of pages": everywhere(shown("consent")),
            "in place of the listing": at_listing(shown("consent_german")),
            "302 to it": to_consent,
        },
        state="blocked failing",
        first=3,
    )
    yield from family(
        "maintenance",
        "site.server_error",
        {
            "WordPress, 503": everywhere(
                shown("wordpress_maintenance", 503, Retry_After="600"), robots=True
            ),
            "Drupal, 503": everywhere(shown("drupal_maintenance", 503)),
            "200": everywhere(shown("drupal_maintenance")),
            "200, German": at_listing(shown("german_maintenance")),
        },
        first=4,
    )
    yield from family(
        "robots.txt",
        "site.robots",
        {
            "all": at_robots(text("User-agent: *\nDisallow: /\n")),
            "our name": at_robots(text("User-agent: Communique\nDisallow: /\n")),
            "the section": forbids_section,
            "release pages": forbids_releases,
        },
        state="blocked",
    )
    yield from family(
        "refusal",
        "site.blocked",
        {
            "403": everywhere(said("<h1>Forbidden</h1>", 403)),
            "429 with Retry-After": everywhere(
                said("<h1>Too Many Requests</h1>", 429, Retry_After="3600")
            ),
            "451": everywhere(said("<h1>Unavailable For Legal Reasons</h1>", 451)),
            "403 for the listing": at_listing(said("<h1>Forbidden</h1>", 403)),
        },
        state="blocked",
        first=1,
    )
    yield from family(
        "server error",
        "site.server_error",
        {
            "500": everywhere(said("<h1>Internal Server Error</h1>", 500), robots=True),
            "502": everywhere(shown("gateway", 502)),
            "listing alone": at_listing(said("<h1>Server Error in '/' Application.</h1>", 500)),
        },
        first=2,
    )


def of_connections() -> Iterator[History]:
    """Sites that can't be reached, or break off."""
    lines: dict[Line, str] = {"no name": "site.dns", "closed": "site.connection"}
    for number, (line, code) in enumerate((*lines.items(), *lines.items())):
        room, visits = ROOMS[number], (DAILY, QUICK)[number // 2]
        yield breakage("unreachable", line, room, codes=code, visits=visits, line=line)
    yield from family(
        "slow",
        "site.timeout",
        {
            "no answer": everywhere(Answer(how="hang"), robots=True),
            "a byte a second": at_listing(Answer(b"<html>" * 40, how="drip")),
        },
        first=3,
    )
    yield from family(
        "broken off",
        "site.connection site.bad_answer",
        {
            "in the midst": cut_listing,
            "before an answer": everywhere(Answer(how="drop")),
            "not gzip": everywhere(Answer(b"no gzip " * 90, headers={"Content-Encoding": "gzip"})),
        },
        first=1,
    )
    endings: dict[Line, str] = {"plain": "merrow", "expired": "wolkenried"}
    for line, room in endings.items():
        yield breakage("TLS", line, room, codes="site.certificate", line=line, tls=True)
