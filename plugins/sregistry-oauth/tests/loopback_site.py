"""A small web site on loopback, for sites that cannot be had here."""

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class LoopbackSite:
    """Answers with JSON what `answers[path](request)` gives: a value, or (status, value, headers).

    asked   path, fields and headers of every question, in their order.
    """

    def __init__(self):
        self.asked = []
        self.answers = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                self.fields = dict(parse_qsl(parts.query) + parse_qsl(body))
                self.place = parts.path
                site.asked.append((parts.path, self.fields, dict(self.headers)))
                found = site.answers.get(parts.path, lambda _: (404, {"message": "Not Found"}, {}))
                if (given := found(self)) is None:
                    # It has answered by itself.
                    return
                status, value, headers = given if isinstance(given, tuple) else (200, given, {})
                raw = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                for name, text in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                # Whoever asked may have left.
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(raw)

            do_GET = do_POST = answer

            def log_message(self, *about):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def end(self):
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def times(self, path):
        """How often a path was asked for."""
        return sum(place == path for place, _, _ in self.asked)
