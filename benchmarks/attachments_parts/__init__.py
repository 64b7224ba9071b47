"""Texts and hostile files of benchmarks/attachments.py."""
