"""Nights over time: `file` and `database` keep what reports say, `nights` and `trends` read it,
`charts` draws.

Knows nothing of how a night is run or a page is made.
"""
