"""Originals for ever, and what is known of them before anybody opens one.

`store` holds the bytes by their hash and the ledger of what was served where and when; `file_kinds` says what a file is by its
content. Nothing here asks a network, and nothing reads what a document says.
"""
