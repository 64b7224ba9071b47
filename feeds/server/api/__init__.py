"""The read-only JSON API below /api/: its parameters, its responses and its OpenAPI document.

`operations` lists every operation once. Routing, validation and the OpenAPI document are derived
from this list. A module belongs here if it decides how the API responds.
"""
