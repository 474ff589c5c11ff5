"""The digest as a message for Slack, or whatever takes Slack's incoming webhooks.

Text from notes and CRMs is escaped and verbatim, so that it can neither link nor mention people.
The address is https only, looked up once, and the connection goes to the address that was checked:
a name that points into the own network is refused.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from auditor.digest.smtp import SendError
from auditor.digest.view import DigestView, ItemView
from auditor.digest.words import ACTION_WORDS, cut

SECONDS = 15.0
"""To connect, and for each part of the answer."""
_MOST_ITEMS = 12
_MOST_TEXT = 2_800
"""Characters; Slack takes 3,000 in one block."""


@dataclass(frozen=True)
class Target:
    """Where a digest is posted."""

    url: str
    """A Slack-compatible incoming webhook; secret."""
    may_be_private: bool = False
    """Whether it may lie in a private network."""

    def __repr__(self) -> str:
        """Without the address."""
        return "Target(…)"


def make_blocks(view: DigestView) -> dict[str, Any]:
    """The digest as Slack's blocks, with plain text beside it for notifications."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(view.title, 140)}},
        _context(view.subtitle),
    ]
    if view.followed:
        blocks.append(_section(escape(view.followed)))
    blocks.append(_section(escape(view.empty or view.summary)))
    for item in view.items[:_MOST_ITEMS]:
        blocks += _item(item)
    left = len(view.items) - _MOST_ITEMS
    unchanged = len(view.waiting) + view.waiting_left
    rest = [f"{left} more to decide"] if left > 0 else []
    rest += [f"{unchanged} unchanged since the last digest"] if unchanged else []
    if rest:
        blocks.append(_context("; ".join(rest)))
    if view.flow:
        told = (f"*{escape(line.label)}.* {escape(line.words)}" for line in view.flow)
        blocks += [{"type": "divider"}, _section("\n".join(told))]
    blocks += [_context(words) for words in (view.ruled, *view.caveats) if words]
    if view.page:
        blocks.append({"type": "actions", "elements": [_button("Open the docket", view.page)]})
    return {"text": escape(f"{view.title} · {view.subtitle}"), "blocks": blocks}


def escape(text: str) -> str:
    """Text in one line as Slack's own rules escape it; see also ``verbatim`` on the blocks."""
    line = " ".join(text.split())
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post(
    target: Target,
    message: dict[str, Any],
    *,
    before_last: Callable[[], None] = lambda: None,
    verify: ssl.SSLContext | None = None,
) -> None:
    """Posts a message.

    Args:
        target: where to.
        message: what ``make_blocks`` gives.
        before_last: called before the request is sent: from its return on it may be shown.
        verify: certificates to trust; the usual ones where None.

    Raises:
        SendError: it was not posted, or that is not known.
    """
    parts = urlsplit(target.url)
    if parts.scheme != "https" or not parts.hostname:
        raise SendError("setup", "the webhook's address is not https; mend the settings")
    host, port = parts.hostname, parts.port or 443
    address = _look_up(host, port, may_be_private=target.may_be_private)
    literal = f"[{address}]" if ":" in address else address
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    context = verify or ssl.create_default_context()
    before_last()
    try:
        with httpx.Client(
            verify=context, timeout=SECONDS, follow_redirects=False, trust_env=False
        ) as client:
            answer = client.post(
                f"https://{literal}:{port}{path}",
                json=message,
                headers={"Host": host if port == 443 else f"{host}:{port}"},
                extensions={"sni_hostname": host},
            )
    except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
        raise SendError("temporary", f"webhook at {host}: {type(exc).__name__}") from None
    except httpx.HTTPError as exc:
        raise SendError(
            "unknown",
            f"webhook at {host}: {type(exc).__name__}; it may have been posted all the same",
        ) from None
    _judge(host, answer.status_code)


def _judge(host: str, status: int) -> None:
    if 200 <= status < 300:
        return
    told = f"webhook at {host} answered {status}"
    if status in (408, 425, 429) or status >= 500:
        raise SendError("temporary", told)
    raise SendError("permanent", f"{told}; check AUDITOR_DIGEST_WEBHOOKS")


def _look_up(host: str, port: int, *, may_be_private: bool) -> str:
    """The first address of a name that may be called.

    Raises:
        SendError: there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise SendError("temporary", f"webhook at {host}: {exc.strerror or exc}") from None
    addresses = [str(each[4][0]) for each in found]
    allowed = [a for a in addresses if _may_be_called(a, may_be_private=may_be_private)]
    if len(allowed) < len(addresses) or not allowed:
        raise SendError(
            "setup",
            f"webhook at {host}: its address is not a public one; set "
            "AUDITOR_DIGEST_WEBHOOKS_PRIVATE=true if it is meant to be in your network",
        )
    return allowed[0]


def _may_be_called(address: str, *, may_be_private: bool) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_multicast or ip.is_unspecified or ip.is_link_local:
        return False  # link-local holds the clouds' metadata services
    return ip.is_global or (may_be_private and (ip.is_private or ip.is_loopback))


def _item(item: ItemView) -> list[dict[str, Any]]:
    said = " · the step did not come" if item.is_owed else ""
    lines = [
        f"*{item.number}. {ACTION_WORDS[item.action]}{said}: {escape(item.title)}*",
        escape(item.facts),
        *(f"> {escape(q.words)}\n> {escape(q.source)}" for q in item.quotes[:1]),
        escape(item.question),
        escape(item.step),
    ]
    section = _section("\n".join(filter(None, lines)))
    if item.decide:
        section["accessory"] = _button("Decide", item.decide)
    return [{"type": "divider"}, section]


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _verbatim(text)}


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_verbatim(escape(text))]}


def _verbatim(text: str) -> dict[str, Any]:
    kept = text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1].rsplit("&", 1)[0] + "…"
    return {"type": "mrkdwn", "text": kept, "verbatim": True}


def _button(label: str, url: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": label}, "url": url}
