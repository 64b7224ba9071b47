"""Publication to a bucket: the manifest, the order of files, and the upload.

`push` may import the other modules.
"""
