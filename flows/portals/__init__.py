"""Portals of an installation: proposing one, confirming it, its bounds."""
