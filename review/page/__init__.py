"""The page for people: the queue, an item on one screen, decisions, rules. FastAPI, Jinja2 and a vendored htmx; works offline.

What needs files, pictures or another reading is handed in by the floor above (`needs`); every string shown is hostile.
"""
