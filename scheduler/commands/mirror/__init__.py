"""communique mirror: manage the archive of server responses."""

from scheduler.cli import Commands

mirror = Commands(
    __name__,
    {
        "backfill": "backfill",
        "import": "pages",
        "key": "signing",
        "prune": "removal",
        "redact": "removal",
        "reextract": "pages",
        "status": "status",
        "upload": "status",
        "witness": "signing",
    },
    name="mirror",
    help="Manage the archive of server responses.",
)
