"""From probabilities to the label that is served, as ``[decision]`` of the gauge file says.

Rules: a label is decided where an answer is made, once, for every version and baseline alike, so that each is judged by
what it would have served. Probabilities are left as they are. A held-out event moves no threshold.
"""
