"""Engines: ways to make traces, each cut into units that can be run anywhere in any order.

A unit is a pure function of its fields and the code. Knows nothing of processes' scheduling, of
files of crashes, or of terminals.
"""
