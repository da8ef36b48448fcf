"""A sample government portal with sample disclosures, for the demonstration and for tests without a network.

    with serve() as portal:            # or: make_documents.copied_portal(40).start()
        print(portal.list_url)

The portal (`server`, `pages`) needs nothing but the standard library and the committed `documents/`. These are made by
`make_documents` from `figures.toml`, `names.toml` and `documents.toml`: `ledger` adds up, `statements`, `hebei` and
`shandong` lay out tables, `narrative` writes the words, `print_pdf`, `print_word` and `print_workbook` print. The real spiders know nothing of it.
"""

from spiders.sample_portal.server import SamplePortal, serve

__all__ = ["SamplePortal", "serve"]
