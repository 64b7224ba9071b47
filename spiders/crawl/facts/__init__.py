"""Facts of a visit for the health of a source: about its listing and its release pages.

Each module compares a visit with earlier ones. It judges nothing (data.health does), and sends no
requests.
"""
