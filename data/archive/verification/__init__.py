"""Verification of an archive: its records, its log, and witnesses' copies and signatures.

tree.py checks the log itself, and record_checks.py compares records with it. verify_archive.py
compares the log with witnesses, and combines all results. Modules here change nothing.
"""
