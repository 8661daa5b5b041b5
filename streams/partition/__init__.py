"""One input partition's life: restored, folded, published; and what it tells about itself."""
