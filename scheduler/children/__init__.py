"""Code that runs in child processes, and the code of their parents.

Jobs are sent to a child, and reports returned, as lines of JSON.
"""
