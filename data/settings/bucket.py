"""The settings of access to buckets of an S3 service: `[bucket]`."""

from __future__ import annotations

from typing import Annotated

import msgspec


class BucketSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for access to the buckets of the site and the archive."""

    endpoint: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s/?#@]+/?)?\Z")],
        msgspec.Meta(
            description=(
                "The address of an S3 service, such as `https://s3.example`. The default is "
                "AWS in the region."
            )
        ),
    ] = ""
    region: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]*\Z")],
        msgspec.Meta(
            description="The region of the bucket. The default is AWS_REGION, or `us-east-1`."
        ),
    ] = ""
    access_key: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description=(
                "The access key. The default is AWS_ACCESS_KEY_ID, or the machine's own "
                "credentials."
            )
        ),
    ] = ""
    secret_key: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]*\Z")],
        msgspec.Meta(
            description=(
                "The secret key. The default is AWS_SECRET_ACCESS_KEY, or the machine's own "
                "credentials."
            )
        ),
    ] = ""
    secret_key_file: Annotated[
        str,
        msgspec.Meta(description="A file with the secret key (a path from HOME)."),
    ] = ""
