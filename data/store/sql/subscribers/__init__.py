"""What is kept of those who are told of releases, or read them: watches, hubs, feed readers.

A new file here is a part of the store that holds what people or programs subscribed to or noted.
"""
