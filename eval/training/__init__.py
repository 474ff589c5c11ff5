"""Training of the local model: labelled sets in, quantised model files and a report out.

Needs the extra ``train`` (torch); nothing here is imported at run time.  ``train`` is the whole of
it; ``python -m eval.training`` calls it from a shell.
"""
