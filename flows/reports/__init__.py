"""Pages that people look at: one file each, without scripts and without anything from the network, readable on paper.

`figures` asks the warehouse, `charts` draws, `page` lays out a report on departments or a region, `errors` the published
contradictions.
"""
