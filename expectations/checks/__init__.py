"""The accounting identities, one family a file. A check reads the view and gives identities; it judges nothing."""
