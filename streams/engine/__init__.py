"""Faust and its consumer, and nowhere else: the group's membership, and whole fetched chunks."""
