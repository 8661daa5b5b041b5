"""The page of a gauge: what a person has to see of it, as tiles, which a browser or a file shows."""
