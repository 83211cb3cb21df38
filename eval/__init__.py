"""Gold questions, metrics and runs: what a system answered, held against what it had to show."""
