"""Computed traits as pages."""
