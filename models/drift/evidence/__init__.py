"""What a moved column is, in figures and words: a data fault, other inputs, other classes, late labels.

Rules: nothing here watches and nothing here alarms. Whoever does asks what was seen before and after.
"""
