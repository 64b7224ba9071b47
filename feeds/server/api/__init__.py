"""The read-only JSON API below /api/: parameters, responses and OpenAPI document.

`operations` lists every operation once. Routing, validation and the OpenAPI document are derived
from this list. A module belongs here if it decides how the API responds.
"""
