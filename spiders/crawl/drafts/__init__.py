"""Turn release pages into drafts (extracted releases), check them, and record them in the store.

Modules here handle a single release page or draft. They must not depend on listings or visits.
"""
