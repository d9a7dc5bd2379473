"""A ward system that launches apps (SMART App Launch): a real server on a socket of its own.

Its page holds what it launches in a frame. It signs its user in nowhere: he is at work already.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from lianyi.base.clock import Clock, SystemClock

CLIENT, SECRET = "lianyi", "throw-away"


class Ehr(ThreadingHTTPServer):
    """The system.

    Attributes:
        user: who works with it, as it calls him for ever.
        patients: by id, their resources.
        refuses: whether it lets nobody in.
        wrong: what it says instead of the truth in the answer of its token server.
    """

    daemon_threads = True

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        super().__init__(("127.0.0.1", 0), Doors)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.fhir = f"{self.origin}/fhir"
        self.key = RSAKey.generate_key(2048, {"kid": "k", "use": "sig", "alg": "RS256"})
        self.user = "staff-248"
        self.patients: dict[str, Any] = {}
        self.refuses = False
        self.wrong: dict[str, Any] = {}
        self.redirect_uri = ""
        self.held = ""
        self._launches: dict[str, str] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, str] = {}

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def launch(self, patient: str) -> str:
        """Launch about a patient; return the query that an app is opened with."""
        handle = secrets.token_urlsafe(16)
        self._launches[handle] = patient
        return urlencode({"iss": self.fhir, "launch": handle})

    def hold(self, address: str) -> str:
        """Hold an address in the frame of a page; return the address of the page."""
        self.held = address
        return f"{self.origin}/page"

    def authorise(self, asked: dict[str, str]) -> str:
        """Return where the browser goes with the code."""
        wanted = (CLIENT, self.redirect_uri, self.fhir, "S256", "code")
        names = ("client_id", "redirect_uri", "aud", "code_challenge_method", "response_type")
        assert tuple(asked.get(name) for name in names) == wanted
        assert {"openid", "launch", "patient/Patient.r"} <= set(asked["scope"].split())
        answer = {"state": asked["state"], "iss": self.origin}
        if self.refuses:
            return f"{self.redirect_uri}?{urlencode(answer | {'error': 'access_denied'})}"
        code = secrets.token_urlsafe(16)
        patient = self._launches.pop(asked["launch"])
        self._codes[code] = {**asked, "patient": patient}
        return f"{self.redirect_uri}?{urlencode(answer | {'code': code})}"

    def redeem(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return tokens for a code, once; None: it is none."""
        found = self._codes.pop(form.get("code", ""), None)
        proof = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if found is None or authorization != f"Basic {proof}":
            return None
        if found["code_challenge"] != challenge:
            return None
        now, token = int(self.clock.now().timestamp()), secrets.token_urlsafe(16)
        self._tokens[token] = found["patient"]
        claims = {
            "iss": self.origin, "aud": CLIENT, "sub": self.user, "nonce": found["nonce"],
            "iat": now, "exp": now + 300, "fhirUser": f"Practitioner/{self.user}",
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "k"}, claims, self.key)
        given = {"access_token": token, "token_type": "Bearer", "id_token": signed,
                 "patient": found["patient"], "scope": found["scope"]}  # fmt: skip
        return given | self.wrong

    def read(self, path: str, authorization: str) -> dict[str, Any] | None:
        """Return a patient to whoever was launched about him."""
        patient = self._tokens.get(authorization.removeprefix("Bearer "))
        return (
            self.patients.get(patient) if patient and path == f"/fhir/Patient/{patient}" else None
        )

    @property
    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.origin, "jwks_uri": f"{self.origin}/keys",
            "authorization_endpoint": f"{self.origin}/authorize",
            "token_endpoint": f"{self.origin}/token",
            "capabilities": ["launch-ehr", "client-confidential-symmetric", "sso-openid-connect",
                             "context-ehr-patient", "permission-v2"],
            "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": ["authorization_code"],
        }  # fmt: skip


class Doors(BaseHTTPRequestHandler):
    """Its doors."""

    server: Ehr

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        match parts.path:
            case "/page":
                frame = quote(self.server.held, safe=":/?&=#%")
                page = f'<!doctype html><iframe src="{frame}" width="1200" height="800"></iframe>'
                self._answer(200, page.encode(), "text/html")
            case "/authorize":
                self.send_response(302)
                self.send_header("Location", self.server.authorise(dict(parse_qsl(parts.query))))
                self.end_headers()
            case "/keys":
                self._json({"keys": [self.server.key.as_dict(private=False)]})
            case "/fhir/.well-known/smart-configuration":
                self._json(self.server.described)
            case _:
                found = self.server.read(parts.path, self.headers.get("Authorization", ""))
                self._json(found or {}, 200 if found else 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = self.server.redeem(dict(parse_qsl(body)), self.headers.get("Authorization", ""))
        self._json(given or {"error": "invalid_grant"}, 200 if given else 400)

    def _json(self, value: dict[str, Any], status: int = 200) -> None:
        self._answer(status, json.dumps(value).encode(), "application/json")

    def _answer(self, status: int, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
