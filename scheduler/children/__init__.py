"""Code that runs in child processes, and the parent's side of each child.

Jobs go in and reports come out as lines of JSON.
"""
