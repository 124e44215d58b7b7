"""Nights over time: `file` and `database` keep what reports say, `trends` reads it, `charts` draws.

Knows nothing of how a night is run or a page is made.
"""
