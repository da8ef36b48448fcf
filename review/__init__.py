"""What a person works on: the queue of documents that did not load, and what becomes of the person's decisions.

`queue` keeps items and decisions in the warehouse; `replay` puts decisions to a new reading, purely; `cells` finds a cell
again after an extractor has changed everything around it. Rules only: how a terminal or a page shows them is elsewhere.
"""
