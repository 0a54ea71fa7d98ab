"""What members give to causes: the receipts, and paying the causes out."""
