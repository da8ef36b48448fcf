"""Portal → sightings and raw bytes. One spider per CMS family, one small YAML per portal that says only what differs.

`crawl` runs spiders in a process of their own; `archive` keeps the bytes for ever; `portals` reads the YAML files. Blocking,
politeness, TLS and retries are `middlewares`, not spider code. What a title or a link means stands in `spiders/rules`.
Nothing here opens a document: whether a PDF is whole, or a disclosure at all, is for other rooms to say.
"""
