"""A copy of the site in a folder, which a browser opens from disk without any server.

The door is folder.write_folder. A file belongs here if it makes a copy differ from HOME/site.
"""
