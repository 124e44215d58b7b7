"""Campaigns: budgeted runs over processes. Knows no formatting."""
