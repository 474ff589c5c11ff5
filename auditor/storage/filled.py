"""Copies of a checked record with other values filled in, for counts over hundreds of thousands.

``model_copy`` copies a record's parts one by one, which takes longer than all the rest of reading
a row.  What is filled in here comes from the database and was checked when it was stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


def filler(plain: M, names: tuple[str, ...] | None = None) -> Callable[[dict[str, Any]], M]:
    """Gives a function that copies a frozen record with values for some of its fields.

    Args:
        plain: the record; what it holds is shared by all copies.
        names: fields that count as set on each copy, beside those that are set on ``plain``; where
            None, those that it is given.
    """
    kind, held = type(plain), plain.__dict__
    always = None if names is None else plain.model_fields_set | set(names)
    new, put = kind.__new__, object.__setattr__

    def fill(told: dict[str, Any]) -> M:
        made = new(kind)
        put(made, "__dict__", held | told)
        put(made, "__pydantic_fields_set__", set(told) if always is None else always)
        put(made, "__pydantic_extra__", None)
        put(made, "__pydantic_private__", None)
        return made

    return fill
