"""The vocabulary: edits, traces, results, findings and what a target is.

Every value here is frozen and picklable, because every arrow between two stages of fuzzeq carries
one of them. Knows nothing of how traces are made, run or shown.
"""
