"""How sure a mean or a figure is, where errors come in bursts, fade, or are only counts."""
