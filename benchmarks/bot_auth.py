"""Measure signed requests and requests through proxies: validity, cost, and addresses refused.

    python -m benchmarks.bot_auth [--few]

1. 10,000 requests for many hosts are signed in this process. A library of another project verifies
   them, and verifies none of them for another host or after its end.
2. A site that admits only signed requests is collected by `communique collect` as a whole, through
   redirects and robots.txt.
3. 200 addresses that lead to private networks are requested through an HTTP and a SOCKS5 proxy. The
   proxies count connections.
4. The cost is the CPU time to sign one request, as a share of the CPU time per request of that
   crawl.

The last line is JSON. The exit code is 1 if a figure is missed.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from data.access.request_keys import RequestKeys
from data.network.request_signer import LIFETIME_SECONDS, RequestSigner
from tests.press_room import listing_html, release_html
from tests.proxy_server import proxied
from tests.signature_judge import Wall, problem, walled
from tests.spiders.download.test_proxy import visited

AGENT = "https://press.example"

SETTINGS = f"""
[network]
allow_private = true
sign = true
contact = "desk@press.example"
[site]
url = "{AGENT}"
"""

MAX_COST = 0.02
"""Maximum CPU time for signatures, as a share of a crawl's."""


def sign_many(keys: RequestKeys, count: int) -> dict[str, float]:
    """Sign requests for invented hosts, and count those that are valid, here and elsewhere."""
    signer = RequestSigner(AGENT, keys.load)
    chance, directory = random.Random(count), signer.directory()  # noqa: S311 - no secret
    urls = [
        f"https://h{chance.randrange(10**6)}.example{chance.choice(('', ':8443'))}/"
        f"{chance.choice(('news', 'robots.txt', 'moved'))}"
        for _ in range(count)
    ]
    began = time.process_time()
    signed = [signer.headers(url) for url in urls]
    seconds = time.process_time() - began
    late = RequestSigner(AGENT, keys.load, lambda: time.time() - LIFETIME_SECONDS - 10)
    return {
        "signed": count,
        "valid": sum(not problem(directory, *one) for one in zip(urls, signed, strict=True)),
        "valid_elsewhere": sum(
            not problem(directory, url.replace("://h", "://x"), headers)
            for url, headers in zip(urls, signed, strict=True)
        ),
        "valid_late": sum(not problem(directory, url, late.headers(url)) for url in urls),
        "sign_seconds": seconds / count,
    }


def furnish(wall: Wall, count: int) -> None:
    """Add a listing with ``count`` releases to a site. Every tenth release has moved."""
    numbers = [*range(1, count + 1)]
    wall.pages["/robots.txt"] = "User-agent: *\nDisallow: /private/\n"
    wall.pages["/news/"] = listing_html(numbers)
    for number in numbers:
        path = f"/news/{number}.html"
        if number % 10 == 0:
            wall.pages[path] = f"{wall.base}/moved/{number}.html"
            path = f"/moved/{number}.html"
        wall.pages[path] = release_html(number)


def crawl(home: Path, count: int) -> dict[str, float]:
    """Collect a site that admits only signed requests, and count requests and releases."""
    (home / "communique.toml").write_text(SETTINGS)
    signer = RequestSigner(AGENT, RequestKeys(home / "bot.key").load)
    with walled(signer.directory()) as wall:
        furnish(wall, count)
        (home / "sources").mkdir()
        (home / "sources" / "harbour.toml").write_text(
            f'name = "Harbour Board"\nurl = "{wall.base}/news/"\ntimezone = "Europe/Paris"\n'
        )
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "scheduler", "--home", str(home), "collect", "--json"],
            capture_output=True,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        (run,) = json.loads(done.stdout)["runs"]
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {
            "crawl_requests": len(wall.log),
            "crawl_refused": sum(bool(fault) for _, fault in wall.log),
            "crawl_robots": sum(url.endswith("/robots.txt") for url, _ in wall.log),
            "crawl_redirected": sum("/moved/" in url for url, _ in wall.log),
            "releases": run["new"],
            "releases_published": count,
            "crawl_seconds": seconds / len(wall.log),
        }


def reach_private(home: Path) -> dict[str, int]:
    """Request private addresses through proxies, and count the connections of the proxies."""
    home.mkdir()
    networks = ("10.0.{}.1", "192.168.{}.9", "172.16.{}.2", "169.254.{}.254", "100.64.{}.3")
    names = {
        f"n{number}.example": networks[number % len(networks)].format(number)
        for number in range(100)
    }
    reached, refused = 0, 0
    for scheme in ("http", "socks5"):
        with proxied(scheme) as proxy:
            urls = [f"http{'s' * (number % 2)}://{name}/" for number, name in enumerate(names)]
            told = visited(home, dict.fromkeys(names, proxy.url), *urls, names=names)
            reached += len(proxy.targets)
            refused += sum(one["kind"] == "refused" for one in told.values())
    return {"private_targets": 200, "private_refused": refused, "private_reached": reached}


def main() -> int:
    """Measure, print the figures, and return the exit code."""
    is_few = "--few" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        found = sign_many(RequestKeys(home / "bot.key"), 500 if is_few else 10_000)
        found |= crawl(home, 40 if is_few else 300)
        found |= reach_private(home / "proxied")
    found["cost"] = found["sign_seconds"] / found["crawl_seconds"]
    faults = [
        found["valid"] != found["signed"],
        found["valid_elsewhere"] or found["valid_late"] or found["crawl_refused"],
        found["releases"] != found["releases_published"],
        found["private_reached"] or found["private_refused"] != found["private_targets"],
        not found["crawl_robots"] or not found["crawl_redirected"],
        found["cost"] > MAX_COST,
    ]
    for name, value in found.items():
        print(f"{name:20} {value:.6g}")
    print(json.dumps(found))
    return 1 if any(faults) else 0


if __name__ == "__main__":
    sys.exit(main())
