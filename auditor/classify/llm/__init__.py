"""Asking a language model, and believing it only as far as the record bears it out.

A question goes out with personal data replaced; an answer comes back as an opinion only when its
quotes stand in the record and its label, reason and tests fit one another.  Whatever fails leaves
the local opinion as it was, with a warning.  Nothing here is imported until a model is asked for.
"""
