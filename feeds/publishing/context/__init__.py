"""What one publication works with: the store, what is rendered already, which pages are assigned.

A new file here is handed to all that writes files, and writes none of the site itself.
"""
