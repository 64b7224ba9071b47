"""What can run in a child process: arguments in, JSON lines out."""
