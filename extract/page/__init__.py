"""Geometry of a page: marks, lines and ruling → tables. No word of the field, no accounting."""
