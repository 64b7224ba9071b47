"""The default store, on SQLite: the parts that differ from data/store/shared_sql."""
