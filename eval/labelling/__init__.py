"""Labelling: records to label, the session in the terminal, and which records are worth it."""
