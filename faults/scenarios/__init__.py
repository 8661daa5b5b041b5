"""The faults, one function each: break a stream several times, then have it verified.

A function gets a stage, random numbers and the rounds of one batch, which share a stream. It marks what each round
showed; what the verifier finds at the end is every round's of the batch.
"""
