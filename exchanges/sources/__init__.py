"""Pages and feeds that are no venue, over the same transport, parsed purely."""
