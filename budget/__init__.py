"""The language of the field: what every other room hands to its neighbours.

Types, names, codes and amounts of Chinese departmental budgets and final accounts. No I/O beyond reading the data files
that ship in `budget/data`, and no third-party package but the model library (pydantic).
"""
