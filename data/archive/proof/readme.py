"""README of a proof, for people who know neither logs nor signatures."""

from __future__ import annotations

from typing import Final

README: Final = """\
PROOF OF A SERVER'S RESPONSES

What this is

  {title}
  {url}

  Communique is a program that archives press releases. This folder contains the responses of
  servers to its requests for this release: {records}. It also
  contains everything needed to check that these responses have not changed since they were added
  to a log. The check needs no network, and you need not trust the person who gave you this folder.

{captures}{missing}{secrets}
How to check it

  1. Install Python, 3.8 or later (https://www.python.org). Nothing else is needed.
  2. Open a terminal in this folder, and run:   python3 -I verify.py
     The last lines are the keys of all signers, or a line that begins with WRONG and explains the
     fault. The exit code for programs is 0 or 1.
  3. Compare the keys with copies from another place: from the publisher of the log, from its site
     (log/key/0), and from the witnesses. This step is the important one, because anybody can make
     such a folder with new keys. Then run the check with a key that you trust:
     python3 -I verify.py 'KEY'
  4. An expert can read verify.py, which is short, or check without it: damage with
     `sha256sum -c SHA256SUMS`, the files .tlog-proof with tools for transparency logs
     (C2SP tlog-proof), and the records with pywb or ReplayWeb.page, after joining them with
     `cat records/*.warc.gz >all.warc.gz`.
{dated}
What it proves

  - These are the recorded bytes, with their address and time. A single changed bit is detected.
  - They were in the log when the checkpoint was signed. The log can only grow. If an entry is
    changed or removed, anyone with an earlier checkpoint can detect it.
{witnessed}
What it does not prove

  - That the server really sent this. The operator of the program could have recorded something
    else. The same response in an independent instance, or in an archive such as the Wayback
    Machine, is evidence that the server sent it.
  - The exact time. It comes from the clock of the recording computer. A witness or a time-stamp
    authority proves only that the record existed when they signed.
  - That release.json matches the pages. The program extracted this text from the recorded pages;
    compare them. SHA256SUMS only protects the file against damage.
  - That the release is true.
"""

DATED: Final = """\
  5. OpenSSL checks the time stamps (RFC 3161), with the root certificate of the authority in
     AUTHORITY.pem. verify.py prints these commands:
{lines}
"""

WITNESSED: Final = """\
  - {names} co-signed that log. A witness signs a log only if it extends the log
    that it saw before. So even the owner of the log, who has its key, could not change this later
    without that witness.
"""

ALONE: Final = """\
  - No witness had co-signed the log when this proof was made. So the owner of the log, who has its
    key, could have made it again with other contents, unless somebody has an earlier checkpoint.
"""

MISSING: Final = """
What is missing

  These parts were removed from the archive. The log still shows that they existed:
{lines}
"""

SECRETS: Final = """
Do not publish this folder

  {records} here contain a secret of the requested address, such as a token or a password. A proof
  contains the exact bytes of the response, so the secret can't be removed. Give this folder only to
  people who may know the secret, or have the secret changed first.
"""
