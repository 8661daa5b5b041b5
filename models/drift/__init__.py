"""Noticing that the world has changed.

Rules: a detector sees one loss per event and knows nothing of models, labels or records; it reports rising error only,
because a fall is good news and needs no answer. What is done about an alarm is decided elsewhere.
"""
