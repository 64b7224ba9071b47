"""Answers over HTTP: files from memory, and what is made on demand."""
