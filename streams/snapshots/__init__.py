"""Snapshots: the image of a learner's state, written so that it can be trusted and kept where it can be found again.

`dump` and `encode` make one, `verify` and `load` take one back, in this order and no other; a `SnapshotStore` keeps it.
"""
