"""Outside shapes → activities: one folder for each kind of place that purchases come from."""
