"""Files of profiles, events and members of segments, for whoever works elsewhere."""
