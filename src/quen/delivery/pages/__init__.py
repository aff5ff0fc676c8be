"""The console's pages of content and messages."""
