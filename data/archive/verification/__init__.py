"""Verification of an archive: its records, its log, and other parties' copies and signatures.

tree.py checks the log itself, records.py compares files with the log, others.py compares the log
with witnesses, and verify.py combines them. Modules here change nothing.
"""
