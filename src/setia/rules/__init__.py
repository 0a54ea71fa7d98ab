"""What a programme means: a pure function from an activity and the facts about its member to outcomes."""
