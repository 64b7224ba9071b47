"""Turn release pages into drafts (extracted releases), check them, and record them in the store.

Modules for a single release page or draft belong in this package. They must not depend on listings
or visits.
"""
