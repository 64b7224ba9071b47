"""The operator's room at /admin: pages by which a person looks after a HOME, without a terminal.

The door is app.Admin. A file belongs here if it is a kind of these pages, or decides who sees them.
What they change is changed by the jobs that the commands use.
"""
