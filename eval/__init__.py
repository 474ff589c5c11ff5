"""Labelled sets, metrics, runs, comparison, reports and training of the local model."""
