"""What a person sees at a terminal: progress bars, a status line, tables."""
