"""Promises as files: what a programme does on given days, step by step, played on a book in memory and compared."""
