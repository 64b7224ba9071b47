"""The default store: SQLite, with SQL as the only query language."""
