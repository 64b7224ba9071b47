"""The site in a bucket: which publication is the newest, what of it is there, and what is to come.

push may import changed_files, and both pushed_files and manifest.
"""
