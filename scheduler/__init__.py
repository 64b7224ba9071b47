"""What runs when, and the command line: wires the other rooms together.

commands may import service, terminal, executors, jobs, home; each of these those after it.
"""
