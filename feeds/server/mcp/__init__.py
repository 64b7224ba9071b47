"""Tools for assistants (Model Context Protocol), derived from the operations of the API.

`tools` needs no library. Only `protocol` imports the SDK of the protocol, which loads slowly.
"""
