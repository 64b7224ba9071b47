"""Extract one page of either type into plain JSON values, and compare saved pages with them."""
