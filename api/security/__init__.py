"""Who calls and what they may do.

Routes say what they need::

    @router.get("/opportunities")
    def opportunities(who: Annotated[Principal, Depends(needs("read"))]) -> ...:

and show or change nothing for which ``who.may_see(opportunity)`` is false: such a thing is answered
with ``api.problems.not_found()``, as if it did not exist.  Forms of signed-in people carry
``csrf_token(request)`` in the field ``csrf``.
"""

from __future__ import annotations

from api.security.csrf import csrf_token
from api.security.guard import needs, require_scopes
from api.security.identity import SESSION_COOKIE, identify
from api.security.principal import Principal

__all__ = ["needs", "require_scopes", "identify", "Principal", "csrf_token", "SESSION_COOKIE"]
