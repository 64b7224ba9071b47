"""From releases to feeds and pages: knows formats and addresses; knows no site."""
