"""What the documents tell proxies, by the proxies themselves."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DOCUMENT = Path(__file__).parents[2] / "docs" / "how-to" / "reverse-proxy.md"


def lines_for(proxy: str) -> str:
    """The lines below the heading of a proxy."""
    below = DOCUMENT.read_text("utf-8").partition(f"\n## {proxy}\n")[2]
    found = re.search(r"(?:^    .*\n|^\n)+", below.lstrip("\n"), re.MULTILINE)
    assert found
    return textwrap.dedent(found[0])


def certify(folder: Path) -> None:
    """Make the two files of a certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "press.example")])
    begins = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(begins).not_valid_after(begins + dt.timedelta(days=3650))
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def judged(program: str, *arguments: str, of: str) -> None:
    """Have a proxy judge its lines."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if not found:
        pytest.skip(f"there is no {program} (Debian's package {of})")
    done = subprocess.run(  # noqa: S603 - a program of Debian's
        [found, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.integration
def test_nginx_takes_its_lines(tmp_path: Path) -> None:
    certify(tmp_path)
    server = lines_for("nginx").replace("/etc/letsencrypt/live/press.example", str(tmp_path))
    assert "X-Forwarded-For" in server
    places = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = tmp_path / "nginx.conf"
    file.write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{server}}}\n"
    )
    judged("nginx", "-t", "-q", "-e", "stderr", "-p", str(tmp_path), "-c", str(file), of="nginx")


@pytest.mark.integration
def test_caddy_takes_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "Caddyfile"
    # Its own certificate: what validates shall fetch none.
    file.write_text(lines_for("Caddy").replace("{\n", "{\n    tls internal\n", 1))
    assert "reverse_proxy" in file.read_text()
    judged("caddy", "validate", "--adapter", "caddyfile", "--config", str(file), of="caddy")
