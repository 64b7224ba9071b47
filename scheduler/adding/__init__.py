"""Adding sources: writing source files, and adding many entries of a catalogue in parallel."""
