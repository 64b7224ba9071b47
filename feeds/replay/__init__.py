"""What once was, by HTTP: versions of releases and captured pages, and the protocol to find them.

The door is replay.Replay. A file belongs here if it answers for a state of the past (RFC 7089).
"""
