"""The README of a proof, for people who know neither logs nor signatures."""

from __future__ import annotations

from typing import Final

README: Final = """\
PROOF OF WHAT A SERVER ANSWERED

What this is

  {title}
  {url}

  This folder holds what servers answered when Communique, a program that archives press releases,
  asked for this release: {records}. It also holds what is needed to
  check, without a network and without trusting whoever gave it to you, that these answers have not
  been changed since they were entered in a log.

{captures}{missing}{secrets}
How to check it

  1. Install Python, 3.8 or later (https://www.python.org). Nothing else is needed.
  2. Open a terminal in this folder, and run:   python3 -I verify.py
     It ends with the keys of those who signed, or with a line that begins with WRONG and names
     what is wrong. A program can read the exit code: 0 or 1.
  3. Compare the keys with copies that you got from somewhere else: from the publisher of the log,
     from its site (log/key/0), and from the witnesses. This step is what counts: anybody can make
     a folder that holds together by keys of his own. Then run it with the key that you trust:
     python3 -I verify.py 'KEY'
  4. verify.py is 200 lines that an expert can read. Or check without it: `sha256sum -c SHA256SUMS`
     for damage, tools of transparency logs (C2SP tlog-proof) for the files .tlog-proof, and pywb
     or ReplayWeb.page to look at the records: join them by `cat records/*.warc.gz >all.warc.gz`.
{dated}
What it proves

  - These are the bytes that were recorded, with their address and time: one changed bit shows.
  - They were in the log when the checkpoint was signed. The log can only grow: what is in it can't
    be changed or taken out without everybody seeing it who knows an earlier checkpoint.
{witnessed}
What it does not prove

  - That the server really sent this. Whoever ran the program could have recorded something else.
    If an independent instance, or an archive such as the Wayback Machine, holds the same answer,
    that is evidence for it.
  - The time, beyond what others signed: the clock was that of the recording computer. A witness
    and a time-stamp authority show that the record existed at the latest when they signed.
  - That release.json is what a reader would read. It is the text that the program read out of the
    recorded pages; compare it with them. SHA256SUMS protects it against damage alone.
  - That what the release says is true.
"""

DATED: Final = """\
  5. Time stamps (RFC 3161) are checked by OpenSSL, with the certificate of the authority's root in
     AUTHORITY.pem; verify.py prints the lines:
{lines}
"""

WITNESSED: Final = """\
  - {names} co-signed that log. A witness signs only a log that goes on from what
    it saw before; so not even the owner of the log, who has its key, could change this afterwards
    without that witness.
"""

ALONE: Final = """\
  - No witness co-signed the log before this proof was made. So the owner of the log, who has its
    key, could have made all of it anew, unless somebody kept an earlier checkpoint of it.
"""

MISSING: Final = """
What is missing

  Parts of it were taken out of the archive. The log still shows that they were there:
{lines}
"""

SECRETS: Final = """
Not for everybody

  {records} here repeat a secret of the address that was requested, such as a token or a password.
  A proof holds bytes as they were served, so the secret is not taken out. Give this folder only to
  people who may know the secret, or have the secret changed first.
"""
