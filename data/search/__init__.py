"""What a search asks for, whatever the database."""
