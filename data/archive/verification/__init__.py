"""Verification of an archive: its records, its log, and the copies and signatures of witnesses.

tree.py checks the log itself, and records.py compares files with the log. verify_archive.py
compares the log with witnesses, and combines all results. Modules here change nothing.
"""
