"""Files: CSV and JSON lines, plain or gzipped, become the same messages that SDKs send."""
