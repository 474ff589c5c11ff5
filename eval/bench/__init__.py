"""Measurements against outside data and libraries; none is needed to use the project."""
