"""Publishing to a bucket: the manifest, the order of files, and the upload itself.

`push` may import the other modules.
"""
