"""Sentences of the narrative → prose facts."""
