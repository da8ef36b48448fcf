"""Tables → statements, facts, projects and doubts: what a table is, what its columns and rows mean."""
