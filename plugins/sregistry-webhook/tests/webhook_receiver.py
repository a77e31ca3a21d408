"""A site on loopback that takes webhooks."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "a secret of the tests and of nobody else"


class Receiver:
    """Keeps what it was told; `told` are the events, `wrong` those with a bad signature.

    status, headers   of its next answers
    slow              seconds before each
    """

    def __init__(self, certificate=None, private_key=None):
        self.told = []
        self.wrong = []
        self.headers_seen = []
        self.paths = []
        self.status = 204
        self.headers = {}
        self.slow = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.take(self.path, dict(self.headers), body)
                time.sleep(receiver.slow)
                with suppress(OSError):
                    self.send_response(receiver.status)
                    for name, value in receiver.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            do_GET = do_POST

            def log_message(self, *about):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, private_key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        scheme = "https" if certificate is not None else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/hook?from=registry"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def take(self, path, headers, body):
        """Look at a signature as the receiver of a webhook does."""
        self.paths.append(path)
        self.headers_seen.append(headers)
        found = {name.lower(): value for name, value in headers.items()}
        signed = f"{found['webhook-id']}.{found['webhook-timestamp']}.".encode() + body
        mac = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        fresh = abs(time.time() - int(found["webhook-timestamp"])) < 300
        good = fresh and hmac.compare_digest(found["webhook-signature"], f"v1,{mac}")
        (self.told if good else self.wrong).append({**json.loads(body), "id": found["webhook-id"]})

    def end(self):
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
