"""What a member asks about their own points."""
