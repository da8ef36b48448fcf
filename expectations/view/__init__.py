"""What the checks see: a disclosure as tables, rows and sentences, and the `Identity` that a check gives."""
