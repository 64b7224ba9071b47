"""Several machines that share one database.

Each host and each duty belongs to one machine at a time.
"""
