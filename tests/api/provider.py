"""An OpenID Connect provider on loopback that follows a script."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet


class ScriptedProvider:
    """Hands out codes and tokens; tests change what it says."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "one"})
        self.published = [self.key]
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.algorithm = "ES256"
        self.asked: dict[str, dict[str, str]] = {}
        self.exchanged: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realm"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> ScriptedProvider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def authorize(self, url: str, **claims: Any) -> str:
        """The person agrees: where their browser is sent back to."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
        code = f"code{len(self.asked)}"
        self.asked[code] = asked
        now = int(time.time())
        self.claims = {
            "iss": self.issuer,
            "sub": "u-17",
            "aud": "auditor",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": "Sue@Example.com",
            "email_verified": True,
        } | claims
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?code={code}&state={asked['state']}"

    def _token(self, form: dict[str, str]) -> dict[str, Any] | None:
        self.exchanged.append(form)
        asked = self.asked.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge:
            return None
        if asked["redirect_uri"] != form["redirect_uri"]:
            return None
        claims = {k: v for k, v in self.claims.items() if v is not None}
        token = jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, self.key)
        return {"access_token": "a", "token_type": "Bearer", "id_token": token}

    def _answer(self, path: str) -> dict[str, Any]:
        if path.endswith("/openid-configuration"):
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            } | self.metadata
        return dict(KeySet(self.published).as_dict(private=False))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(200, provider._answer(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {k: v[0] for k, v in parse_qs(body).items()}
                told = provider._token(form | {"authorization": self.headers["Authorization"]})
                self._send(200 if told else 400, told or {"error": "invalid_grant"})

            def _send(self, status: int, told: dict[str, Any]) -> None:
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
