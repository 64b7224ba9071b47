"""What an entry says, decided once for all formats."""
