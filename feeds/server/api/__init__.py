"""The API for programs, below /api/: what is asked, what is answered, and its OpenAPI document.

``operations`` names them all, once, for requests, answers and the document alike. A file belongs
here if it decides what a program is answered.
"""
