"""Proofs of server responses for people without the archive.

folder.py writes a proof and its README. verify.py is copied into each proof and imports no other
module of Communique.
"""
