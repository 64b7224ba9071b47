"""The parts of benchmarks/timetable.py: the simulation of visits, and other rules."""
