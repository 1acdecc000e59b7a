"""Doorway: a discreet chat bot that leads people from where, what and how soon to help with domestic abuse."""
