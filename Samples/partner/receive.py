#!/usr/bin/env python3
"""A partner that receives Passerelle's deliveries, in plain Python: what a partner has to do, and nothing else.

    receive.py --secret whsec_… --certificate cert.pem --key key.pem --client-ca ca.pem [--port 9443] [--folder received]

It asks for the gateway's client certificate, verifies the signature (Standard Webhooks), keeps each body once by its
webhook-id, and answers 200 to a repetition. Passerelle repeats what it has no answer to, with the same id and bytes.
"""

import argparse
import base64
import hashlib
import hmac
import pathlib
import re
import ssl
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
BODY_BYTES = 64 << 20


def signature_holds(secrets, field, key, timestamp, body):
    """Whether one of the signatures is HMAC-SHA-256 of id.timestamp.body under one of the secrets."""
    message = key.encode() + b"." + timestamp.encode() + b"." + body
    for secret in secrets:
        code = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), message, hashlib.sha256).digest()
        wanted = "v1," + base64.b64encode(code).decode()
        if any(hmac.compare_digest(wanted, part) for part in field.split(" ")):
            return True
    return False


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > BODY_BYTES:
            self.close_connection = True
            return self.answer(413, "a Content-Length up to 64 MiB is needed")
        body = self.rfile.read(int(length))
        key = self.headers.get("webhook-id", "")
        timestamp = self.headers.get("webhook-timestamp", "")
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", key):
            return self.answer(400, "webhook-id is missing or not a plain name")
        if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
            return self.answer(401, "webhook-timestamp is missing or too far away")
        if not signature_holds(self.server.secrets, self.headers.get("webhook-signature", ""), key, timestamp, body):
            return self.answer(401, "webhook-signature does not hold")
        ending = "xml" if "xml" in self.headers.get("Content-Type", "") else "json"
        path = self.server.folder / f"{key}.{ending}"
        if path.exists():
            same = path.read_bytes() == body
            return self.answer(200 if same else 409, "taken before" if same else "the id came with other bytes before")
        draft = path.with_suffix(path.suffix + ".new")
        draft.write_bytes(body)
        draft.rename(path)
        self.answer(200, "taken")

    def answer(self, status, text):
        body = (text + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--secret", action="append", required=True, help="whsec_…; twice during a rotation")
    options.add_argument("--certificate", required=True)
    options.add_argument("--key", required=True)
    options.add_argument("--client-ca", required=True)
    options.add_argument("--port", type=int, default=9443)
    options.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("received"))
    chosen = options.parse_args()
    chosen.folder.mkdir(mode=0o700, exist_ok=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=chosen.client_ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(chosen.certificate, chosen.key)
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), Receiver)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.secrets = chosen.secret
    server.folder = chosen.folder
    print(f"receiving on https://localhost:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
