"""The books: accounts, lots and entries. Planning is pure; storing is SQL."""
