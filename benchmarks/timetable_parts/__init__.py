"""What benchmarks/timetable.py is made of: how visits are simulated, and rules of others."""
