"""communique mirror: manage the archive of server responses."""

from scheduler.cli import Commands

mirror = Commands(
    __name__,
    {
        "backfill": "pages",
        "corroborate": "verify",
        "import": "pages",
        "key": "signing",
        "prune": "removal",
        "redact": "removal",
        "reextract": "pages",
        "status": "status",
        "upload": "status",
        "verify": "verify",
        "witness": "signing",
    },
    name="mirror",
    help="Manage the archive of server responses.",
)
