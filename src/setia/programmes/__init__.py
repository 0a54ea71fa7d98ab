"""Programmes: drafts that people edit, and the immutable versions that members feel."""
