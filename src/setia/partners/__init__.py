"""Settlement between the partners of a programme: who owes whom, month by month."""
