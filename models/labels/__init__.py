"""The life of labels that come later than their events."""
