"""Reports: what a run or a campaign came to, for people and for machines. Knows no engine."""
