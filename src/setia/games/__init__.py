"""What games and draws keep: seeds, what visitors won, the records of draws."""
