"""What requests carry, whoever answers them: who asks, and what they have already.

A new file here reads the header fields of a request, and is used by several of those who answer.
"""
