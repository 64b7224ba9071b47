"""Turn release pages into drafts, check the drafts, and record them in the store.

Modules for one release page or one draft belong in this package. They must not depend on listings
or visits.
"""
