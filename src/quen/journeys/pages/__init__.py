"""The console's pages of journeys: the list, the editor, results, and the dry run."""
