"""Sources that bring data in by themselves; one folder each."""
