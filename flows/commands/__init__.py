"""The groups of the command line, one a file, and what they print."""
