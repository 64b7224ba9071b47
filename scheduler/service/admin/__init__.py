"""Admin interface at /admin: pages for managing a home directory in a browser.

app.Admin is the entry point. The pages perform the same actions as the commands.
"""
