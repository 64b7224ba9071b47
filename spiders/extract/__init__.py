"""Extract a listing or release page into plain JSON values, and run the golden tests of sources."""
