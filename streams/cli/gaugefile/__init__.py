"""The commands about a gauge file: it is drafted, checked, and explained."""
