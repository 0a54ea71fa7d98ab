"""What a till or a shop asks: who is this, what would it earn, take it in."""
