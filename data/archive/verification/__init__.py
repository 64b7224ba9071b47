"""Verification of an archive: its records, its log, and other parties' copies and signatures.

tree.py checks the log itself, and records.py compares files with the log. verify_archive.py
compares the log with witnesses, and joins all results. Modules here change nothing.
"""
