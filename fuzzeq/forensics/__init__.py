"""Forensics: a finding's trace is run once more, and its engine asked at each step what it did.

`account` has what was seen, `experiments` what comes of the trace with one thing changed, and
`classes` what both say about which class of docs/BUG_CLASSES.md the bug is likely to be of. All of
it is an aid to the one who reads: no verdict depends on it.
"""
