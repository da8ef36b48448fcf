"""Identities → findings: catalogue, Great Expectations, roots, wording; the bounds of runs; the sampled second reading."""
