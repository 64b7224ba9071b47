"""Data that scripts carry for a browser to draw: decoded, never run."""
