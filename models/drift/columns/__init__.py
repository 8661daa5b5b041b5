"""The label-free watch: every column of the stream in blocks of events, within one budget of false alarms.

Rules: a block of events becomes a few summaries of each column, each summary an innovation against a forecast, each
innovation a rank in its own past, each rank a bet. All bets are summed, and the sum is held against the budget. Nothing
here knows which model answers or what an alarm leads to. A block's work is done in portions over the events that follow
it; what is begun changes nothing until it is done.
"""
