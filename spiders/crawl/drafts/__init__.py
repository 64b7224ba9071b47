"""Turn release pages into drafts, check the drafts, and record them in the store.

A file belongs in this package if it works on one release page or one draft. It must not depend on
listings or visits.
"""
