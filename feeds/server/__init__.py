"""Answers over HTTP: files from memory, and what is made on demand.

The door is app.create_app. A file belongs here if it decides what a request is answered.
"""
