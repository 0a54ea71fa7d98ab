"""Bounds on an expression: they keep checking fast, running cheap and every integer small."""

SOURCE_CHARACTERS = 2_000  # so a list written out has fewer than 1,000 elements
PARTS = 300
DEPTH = 32
DIGITS = 18
LIST_ELEMENTS = 1_000
LIST_NESTING = 2
COST = 100_000
