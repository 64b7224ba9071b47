"""What can be wrong with a HOME and with what it runs on, each with its fix; nothing is changed.

A file here looks at one side of it, and gives findings.
"""
