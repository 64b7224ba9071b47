"""A browser's requests are signed, and go through the proxy of their host."""

from pathlib import Path

from data.access.request_keys import RequestKeys
from data.network.request_signer import RequestSigner
from tests.browser.chromium import in_a_browser
from tests.proxy_server import proxied
from tests.signature_judge import walled
from tests.spiders.download.fetching import fetched
from tests.spiders.download.test_proxy import NAMED

pytestmark = in_a_browser

SETTINGS = """
[network]
sign = true
contact = "desk@press.example"
proxies = {{"harbour.example" = "{proxy}"}}

[site]
url = "https://press.example"
"""


def test_a_page_in_a_browser_is_signed_and_goes_through_the_proxy(tmp_path: Path) -> None:
    signer = RequestSigner("https://press.example", RequestKeys(tmp_path / "bot.key").load)
    names = {"harbour.example": "127.0.0.1", "rogue.example": "10.0.0.1"}
    program = NAMED.format(names=names, public="127.0.0.1")
    with walled(signer.directory()) as wall, proxied("socks5") as proxy:
        (tmp_path / "communique.toml").write_text(SETTINGS.format(proxy=proxy.url))
        url = wall.base.replace("127.0.0.1", "harbour.example")
        frame = '<iframe src="http://rogue.example/"></iframe>'
        wall.pages = {"/1": f'<p>One<script src="/x.js"></script>{frame}', "/moved": f"{url}/1"}
        told = fetched(tmp_path, f"{url}/1", f"{url}/moved", program=program, render=True)
        assert [one["status"] for one in told.values()] == [200, 200]
        assert {fault for _, fault in wall.log} == {""}
        assert {f"{url}/x.js", f"{url}/moved"} <= {asked for asked, _ in wall.log}
        assert {host for host, _ in proxy.targets} == {"127.0.0.1"}
