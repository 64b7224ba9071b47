"""Actions of operators on sources, watches and releases, as functions without a user interface.

Commands, the operator's room and the API call these functions. `registry` lists the write
operations of the API.
"""
