#!/usr/bin/env python3
"""Check this folder without a network: python3 -I verify.py [KEY ...].

KEY is the public key of the log or of a witness, obtained from its owner. If keys are given, they
must have signed all checkpoints.
"""

import datetime as dt
import hashlib
import re
import sys
import uuid
import zlib
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None  # type: ignore[assignment,misc]

NAME, LARGEST, P = re.compile(r"(\w[\w.-]*/){0,2}\w[\w.-]*", re.ASCII), 10**9, 2**255 - 19
START, Q = dt.datetime(1970, 1, 1), 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)


def sha(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def point(encoded: bytes) -> tuple[int, ...]:  # RFC 8032, section 5.1.3
    sign, y = divmod(int.from_bytes(encoded, "little"), 1 << 255)
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    x = x if (v * x * x - u) % P == 0 else x * ROOT % P
    if len(encoded) != 32 or y >= P or (v * x * x - u) % P or (sign and not x):
        raise ValueError("a key or signature is not a point on the Ed25519 curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(p: tuple[int, ...], q: tuple[int, ...]) -> tuple[int, ...]:
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:  # section 5.1.7
    s = int.from_bytes(signature[32:], "little")
    if Ed25519PublicKey is not None:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except Exception:
            return False
        return True
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    encoded = b"\x58" + b"\x66" * 31, public, signature[:32], b"\1" + bytes(31)
    base, key, r, total = map(point, encoded)
    for factor, p in ((s % Q, base), (k, (P - key[0], key[1], 1, P - key[3]))):
        while factor:
            total, p, factor = add(total, p) if factor & 1 else total, add(p, p), factor >> 1
    same = not any((total[at] - r[at] * total[2]) % P for at in (0, 1))
    return same and s < Q and len(signature) == 64


def key_of(line: str, *kinds: int) -> str:
    name, key_id, public = [*line.split("+", 2), "", ""][:3]
    key = b64decode(public, validate=True) if len(public) == 44 else b""
    if len(key) != 33 or key[0] not in kinds or sha(f"{name}\n".encode() + key)[:4].hex() != key_id:
        raise ValueError(
            "this is not the key of a log or a witness; usage: python3 -I verify.py [KEY ...]"
        )
    return line


def signed(content: bytes, keys: list[str]) -> tuple[str, dict[str, str]]:  # C2SP signed-note
    text, _, lines = content.decode().rpartition("\n\n")
    signers = {}
    for line in lines[:-1].split("\n"):
        name, value = line[2:].split(" ")
        key_id, signature = b64decode(value)[:4], b64decode(value)[4:]
        key = next((one for one in keys if one.startswith(f"{name}+{key_id.hex()}+")), "")
        if line[:2] != "\u2014 " or lines[-1] != "\n" or not key:
            raise ValueError(f"the signature by {name} matches no key that may sign this file")
        public, message, at = b64decode(key.split("+", 2)[2]), f"{text}\n", ""
        if public[0] == 4:  # a witness, which signs the time too (C2SP tlog-cosignature)
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = f"cosignature/v1\ntime {seconds}\n{message}"
            at = f" at {START + dt.timedelta(seconds=seconds)} UTC"
        if not is_signed(public[1:], message.encode(), signature):
            raise ValueError(f"{name} did not sign this text: it is forged or damaged")
        signers[key] = at
    return text, signers


def root_of(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:  # RFC 6962, 2.1.1
    if (index, size) == (0, 1) and not path:
        return leaf
    if index < (half := 1 << (size - 1).bit_length() - 1):
        return sha(b"\1" + root_of(index, half, leaf, path[:-1]) + path[-1])
    return sha(b"\1" + path[-1] + root_of(index - half, size - half, leaf, path[:-1]))


def leaf_of(member: bytes) -> tuple[dict[str, str], bytes]:  # the fields of a record, and its leaf
    inflate = zlib.decompressobj(31)
    head, _, rest = inflate.decompress(member, LARGEST).partition(b"\r\n\r\n")
    pairs = [line.partition(":")[::2] for line in head.decode().split("\r\n")]
    fields = {name.lower(): value.strip() for name, value in reversed(pairs)}
    block, digest = rest[:-4], fields.get("warc-payload-digest", "")
    if not inflate.eof or inflate.unused_data or str(len(block)) != fields["content-length"]:
        raise ValueError("the file is not a single, complete record")
    payload = bytes.fromhex(digest[7:]) if re.fullmatch("sha256:[0-9a-f]{64}", digest) else sha(b"")
    if fields["warc-type"] in ("response", "resource", "metadata"):
        is_http = fields["content-type"].startswith("application/http")
        payload = sha(block.partition(b"\r\n\r\n")[2] if is_http else block)
    date, _, part = fields["warc-date"].rstrip("Z").partition(".")
    second = dt.datetime.strptime(date, "%Y-%m-%dT%H:%M:%S") - START
    at = (second.days * 86400 + second.seconds) * 10**6 + int(f"{part:0<6}"[:6])
    name, uri = (fields.get(f"warc-{one}", "").strip("<>") for one in ("record-id", "target-uri"))
    is_own = re.fullmatch("urn:uuid:[0-9a-f-]{36}", name)
    record_id = uuid.UUID(name) if is_own else uuid.uuid5(uuid.NAMESPACE_URL, name)
    leaf = b"\1" + sha(bytes.fromhex(fields["communique-salt"]) + uri.encode())
    leaf += at.to_bytes(8, "big", signed=True) + payload + sha(block) + sha(member)
    return fields, leaf + record_id.bytes


def files_of(here: Path, at: list[str]) -> dict[str, bytes]:  # at gets the name of each file
    files: dict[str, bytes] = {}
    lines = [["", "SHA256SUMS"]]
    for digest, at[0] in lines:
        path = here / at[0]
        is_named = NAME.fullmatch(at[0]) and path.resolve() == path and at[0] not in files
        left = LARGEST - sum(map(len, files.values()))
        if not is_named or not path.is_file() or path.stat().st_size > left:
            raise ValueError(
                "the file is missing, too large or a link, or its name is invalid or repeated"
            )
        files[at[0]] = path.read_bytes()
        if not digest:
            lines += [line.split("  ", 1) for line in files.pop(at[0]).decode().splitlines()]
        elif sha(files[at[0]]).hex() != digest:
            raise ValueError("the file does not match SHA256SUMS: it was changed or damaged")
    return files


def check(files: dict[str, bytes], trusted: list[str], at: list[str]) -> Iterator[str]:
    at[0] = "keys/0"
    chain, sizes = [key_of(files[at[0]].decode().strip(), 1)], [0, 10**19]
    while f"keys/{len(chain)}" in files:
        at[0] = f"keys/{len(chain)}"
        begin, _, new = files[at[0]].decode().split("\n")[2:5]
        text, both = signed(files[at[0]], [chain[-1], key_of(new, 1)])
        told = chain[0].split("+")[0], f"key rotation {len(chain)}", begin, chain[-1], new
        if text != "\n".join(told) or len(both) != 2 or not sizes[-2] <= int(begin) < sizes[-1]:
            raise ValueError("this key rotation is not signed by both the old and the new key")
        chain, sizes[-1:] = [*chain, new], [int(begin), sizes[-1]]
    at[0] = "witnesses"
    keys = [*chain, *(key_of(line, 4) for line in files[at[0]].decode().splitlines())]
    records = {at[0]: leaf_of(files[at[0]]) for at[0] in files if at[0].startswith("records/")}
    pages = {leaf[41:73] for fields, leaf in records.values() if fields["warc-type"] == "response"}
    vouch: dict[str, set[str]] = {name: set() for name in records}
    for at[0] in sorted(name for name in files if name.endswith(".tlog-proof")):
        head, _, note = files[at[0]].partition(b"\n\n")
        size, (_, index, *path) = int(note.split(b"\n")[1][:19]), head.decode().split("\n")
        may = [one for n, one in enumerate(chain) if sizes[n] <= size <= sizes[n + 1]]
        text, signers = signed(note, may + keys[len(chain) :])
        (origin, _, root), (folder, name) = text.split("\n"), at[0].rsplit("/", 1)
        fields, leaf = records[record := f"records/{name[:-11]}.warc.gz"]
        place = int(index[6:25]), size, sha(b"\0" + leaf), [*map(b64decode, path)]
        if name[:-11] != str(uuid.UUID(bytes=leaf[-16:])) or root_of(*place) != b64decode(root):
            raise ValueError(f"{record} does not match this leaf of the log: it is forged")
        of_log = signed(files[f"{folder}/checkpoint"], may)[0], chain[0].split("+")[0]
        if (text, origin) != of_log:
            raise ValueError("the proof is for a different tree than the checkpoint next to it")
        by = " and ".join(f"{one.split('+')[0]}{when}" for one, when in signers.items())
        what = fields["warc-type"], fields.get("warc-target-uri", ""), fields["warc-date"]
        yield f"{record} ({' '.join(what)}) is leaf {place[0]} of {size}, signed by {by}."
        vouch[record].update(signers, *(chain[:n] for n, k in enumerate(chain, 1) if k in signers))
    for at[0], (fields, leaf) in records.items():
        if fields["warc-type"] == "revisit" and leaf[41:73] not in pages:
            raise ValueError("the page that the record refers to is missing")
        if not vouch[at[0]] or {*trusted} - vouch[at[0]]:
            raise ValueError(
                "the record has no proof here, or a key that you gave did not sign its proof"
            )
    at[0] = "witnesses"
    if {*keys} - {*chain}.union(*vouch.values()) or not records:
        raise ValueError(
            "the folder has no records, or one of these witnesses has signed none of them"
        )
    for at[0] in [name for name in files if name.endswith(".tsr")]:
        yield f"openssl ts -verify -CAfile AUTHORITY.pem -in {at[0]} -data {at[0][:-13]}checkpoint"
    for one in keys:
        yield f"{'You gave this key' if one in trusted else 'Compare this key'}: {one}"


if __name__ == "__main__":
    if {"-h", "--help"} & {*sys.argv[1:]}:
        sys.exit(print(__doc__))
    now = ["SHA256SUMS"]
    try:
        trusted_keys = [key_of(now[0], 1, 4) for now[0] in sys.argv[1:]]
        for sentence in check(files_of(Path(__file__).resolve().parent, now), trusted_keys, now):
            print(ascii(sentence)[1:-1])  # files may contain escape sequences for terminals
    except Exception as error:
        print(ascii(f"WRONG: {now[0]}: {error}")[1:-1])
        sys.exit(1)
