"""Proofs of server responses for people without the archive.

folder.py writes a proof, readme.py its text. verify.py is copied into it and imports nothing of
ours.
"""
