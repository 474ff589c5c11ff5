"""The field's words as pure values: records, verdicts, standing, recommendation, policy.

Nothing here does I/O, and nothing but pydantic and the standard library is imported.
"""
