"""What runs when, and the command line: wires the other rooms together."""
