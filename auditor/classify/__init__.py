"""Judging one activity: classifiers behind one protocol, grounding of quotes, checks, verdicts."""
