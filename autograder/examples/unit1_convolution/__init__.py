"""Right, wrong, broken and hostile: what happens here is the same in every unit."""
