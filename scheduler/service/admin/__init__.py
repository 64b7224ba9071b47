"""Admin interface at /admin: pages to manage a home directory in a browser.

app.Admin is the entry point. The pages run the same jobs as the commands.
"""
