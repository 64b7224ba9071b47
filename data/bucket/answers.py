"""What a bucket answers: an object, or an error, in a sentence that says what to do."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from data.errors import CommuniqueError

if TYPE_CHECKING:
    pass


CODE: Final = re.compile(r"<Code>([A-Za-z]{1,64})</Code>")
STATUS: Final = re.compile(r"status code: (\d{3})")

REGION: Final = "it lies in another region; correct bucket.region"
MEANINGS: Final[Mapping[str, str]] = {
    "NoSuchBucket": "there is no such bucket; make it, or correct its name",
    "AccessDenied": "the key may not do that; let it list, read, write and delete objects there",
    "InvalidAccessKeyId": "the key is not known there; correct bucket.access_key",
    "SignatureDoesNotMatch": "the secret key is wrong; correct bucket.secret_key",
    "RequestTimeTooSkewed": "the clock of this machine is wrong; set it",
    "AuthorizationHeaderMalformed": REGION,
    "PermanentRedirect": REGION,
    "IllegalLocationConstraintException": REGION,
    "301": REGION,
    "401": "the key is not accepted; correct bucket.access_key and bucket.secret_key",
    "403": "the key is not accepted; correct it, or give it rights on this bucket",
    "404": "there is no such bucket; make it, or correct its name",
    "501": "it can't write on conditions (If-Match), without which an older file could replace a "
    "newer one; use a store that can",
}
"""What an error code of S3, or a status, means for whoever set the bucket up."""

SILENT: Final = "it does not answer; look after the network and bucket.endpoint"


class BucketError(CommuniqueError):
    """A bucket can't be used: names it, what is wrong, and what to do."""

    def __init__(self, bucket: str, cause: str) -> None:
        super().__init__(f"the bucket {bucket} can't be used: {cause}")
        self.bucket = bucket
        self.cause = cause


class Replaced(CommuniqueError):
    """What was to be replaced in a bucket is not there any more, or something is by now."""

    def __init__(self, bucket: str, name: str) -> None:
        super().__init__(f"{name} in the bucket {bucket} was written by somebody else meanwhile")
        self.name = name


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of a bucket: its ``tag`` stays the same while its content does.

    ``headers`` are what it is answered with, by lower-case names, and what we noted of it.
    ``modified`` is in UTC.
    """

    tag: str
    size: int
    modified: dt.datetime
    headers: Mapping[str, str]
    body: bytes = b""


def meaning_of(said: str) -> str:
    """What an error of obstore says, for whoever set the bucket up."""
    code, status = CODE.search(said), STATUS.search(said)
    for found in (code, status):
        if found and found[1] in MEANINGS:
            return MEANINGS[found[1]]
    if "redirect without LOCATION" in said:
        return REGION
    if status:
        return f"it answers {status[1]}" + (f" ({code[1]})" if code else "")
    return SILENT
