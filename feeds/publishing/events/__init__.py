"""What happened to releases and sources, as feeds and as pages.

A file belongs here if it decides what one of these tells, and has it written.
"""
