"""Who calls and what they may do.

Routes say what they need::

    @router.get("/opportunities")
    def opportunities(who: Annotated[Principal, Depends(needs("read"))]) -> ...:

and show or change nothing for which ``who.may_see(opportunity)`` is false: such a thing is answered
with ``api.problems.not_found()``, as if it did not exist.
"""

from __future__ import annotations

from api.security.guard import needs
from api.security.principal import Principal

__all__ = ["needs", "Principal"]
