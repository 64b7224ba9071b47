"""Proofs of server responses for readers without access to the archive.

proof_folder.py writes a proof and its README. verify.py is copied into each proof and imports no
other module of Communique.
"""
