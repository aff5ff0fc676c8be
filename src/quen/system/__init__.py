"""Is everything all right, and what is behind: looked at every few seconds, kept, shown in plain words, told by alerts.

`snapshot` reads the figures, `judging` says which are bad (pure), `incidents` remembers since when, `telling` writes to
people, `watcher` is the thread that does all of it.
"""
