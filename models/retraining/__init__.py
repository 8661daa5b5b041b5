"""Making models anew, and changing places only on evidence.

Rules: a challenger is promoted by a contest and by nothing else; every step of a version's life is a fact that can be
published; nothing here knows Kafka or a clock.
"""
