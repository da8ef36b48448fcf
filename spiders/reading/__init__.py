"""What a page of a portal says: entries, attachments, titles, dates, the family of its software. Nothing here asks a network."""
