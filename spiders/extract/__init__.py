"""Convert the extraction of a page to plain JSON values, and run the golden tests of sources."""
