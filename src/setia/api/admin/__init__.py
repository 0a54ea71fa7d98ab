"""What the operator does: programmes, members, corrections, keys, events."""
