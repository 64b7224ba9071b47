"""Code that runs in child processes, and the code of their parents.

A parent sends jobs as lines of JSON, and the child returns reports in the same form.
"""
