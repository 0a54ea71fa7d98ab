"""What is remembered between activities, and how it moves: progress, plans, referrals, streaks, lines. Pure."""
