"""Backups: one consistent cut through state, journal and events of a running Quen, verified, restored."""
