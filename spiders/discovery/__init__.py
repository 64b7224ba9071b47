"""Propose a source file for an unknown site, given one of its URLs (`communique add`).

Modules here guess facts about a whole site, each with a confidence.
"""
