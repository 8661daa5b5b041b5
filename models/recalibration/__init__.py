"""A candidate whose probabilities are calibrated online: a model, and a map from what it answers to what comes true.

Rules: the map learns from answers that were given before the model saw the label, and never from a held-out event. It
is a part of the model: it lives, is copied, judged and retired with it.
"""
