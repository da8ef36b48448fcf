"""Bytes → `Disclosure`.

`readers/` turn each format into the same thing, a `Reading`: lines and grids in reading order with the place of every
cell. Above them one path serves all formats: grid → header tree → statement kind → facts. No reader knows what a budget
is; nothing above the readers knows what a PDF is.
"""
