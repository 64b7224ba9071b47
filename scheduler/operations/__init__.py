"""Actions of operators on sources, watches and releases, as functions without a user interface.

Commands, the admin pages and the API call these functions. `api_writes` lists the write
operations of the API.
"""
