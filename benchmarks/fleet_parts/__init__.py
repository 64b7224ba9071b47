"""The parts of benchmarks/fleet.py: the cost of a visit, the sizes of hosts, and the simulation."""
