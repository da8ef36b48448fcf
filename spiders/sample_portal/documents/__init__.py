"""The documents that the sample portal publishes, made by `make_documents.py`, each with the truth of its figures."""
