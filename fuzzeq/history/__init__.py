"""Nights over time: `database` keeps what reports say, `trends` reads it, `charts` draws it.

Knows nothing of how a night is run or a page is made.
"""
