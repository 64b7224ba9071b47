"""The read-only JSON API below /api/: its parameters, its responses and its OpenAPI document.

`operations` lists every operation once, for routing, validation and the document alike. A module
belongs here if it decides how the API responds.
"""
