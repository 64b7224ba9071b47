"""What benchmarks/fleet.py is made of: what a visit costs, sizes of hosts, and the simulation."""
