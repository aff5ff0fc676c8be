"""Data → Sources and Data → Imports."""
