"""communique mirror key: by whose name the log of the archive is signed."""

from __future__ import annotations

import click

from data.archive.log.keys import read_key
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.errors import ArchiveError
from scheduler.cli import Group, as_json, complain, print_json, say, with_home
from scheduler.home import Home

OLD_KEY = (
    "other services that have the old key sign nothing from now on: copy log.key and the folder "
    "archive/log, without its file writer, to the HOME of each"
)


@click.group(cls=Group)
def key() -> None:
    """Show or replace the key that signs the log of the archive."""


@key.command()
@as_json
@with_home
def show(home: Home, *, as_json: bool) -> None:
    """Show the public keys: of the log, all that it had, and of this HOME as a witness.

    Give the first to those who check proofs, and to witnesses. The first visit makes the key of
    the log.
    """
    log = log_of(home.path)
    path = home.path / "witness.key"
    Witness(home.path / "witness", path).check_key()
    witness = str(read_key(path).verifier) if path.exists() else None
    chain: list[str] = []
    if (log.folder / "key").exists() or (log.folder / "checkpoint").exists():
        log.key()
        chain = [str(one) for one in log.key_chain().keys]
    if not chain and not witness:
        raise ArchiveError(str(home.log_key), "there is no key yet; the first visit makes it")
    if as_json:
        key = chain[-1] if chain else None
        print_json({"log": key, "earlier": chain[:-1], "witness": witness})
        return
    if chain:
        say(f"log      {chain[-1]}")
    for one in reversed(chain[:-1]):
        say(f"earlier  {one}")
    if witness:
        say(f"witness  {witness}")


@key.command()
@as_json
@with_home
def rotate(home: Home, *, as_json: bool) -> None:
    """Replace the key of the log by a new one; both sign that it takes over.

    Those who know the old key follow to the new one by the log's folder `key`. The old secret is
    deleted.
    """
    log = home.shared_log(signs=True) if home.settings.store.url else log_of(home.path)
    log.rotate_key()
    old, new = log.key_chain().keys[-2:]
    if as_json:
        print_json({"log": str(new), "earlier": str(old)})
    else:
        say(f"log      {new}", f"earlier  {old}")
    if home.has_fleet:
        complain(OLD_KEY)
