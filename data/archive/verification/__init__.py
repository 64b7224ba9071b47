"""Whether an archive is whole: its records, its log, and what others know of both.

tree checks the log by itself, records the files against it, others the log against witnesses;
verify joins them. A file belongs here if it reads an archive to find what is wrong in it, and
changes nothing.
"""
