"""The default store: SQLite, with SQL as its only query language."""
