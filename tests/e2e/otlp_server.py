# SPDX-License-Identifier: MIT
"""A server that takes spans (OTLP/HTTP), for tests.

    otlp_server.py LOG ANSWER...

Prints its port. With KEY in the environment, a file with a key and a certificate, it is one of
https. Each request gets the next ANSWER, the last one again and again:

    ok          200, with an empty ExportTraceServiceResponse
    partial     200: three spans are refused
    moved       302, to another path
    silent      none, while the client waits
    hangup      none: the connection is closed
    long        200, with more than the client may take
    503:0       that status, with "Retry-After: 0"
    400         that status, with a Status that says why

Each request is a line of LOG, as JSON: its path, its headers, what it was answered, the number of
its spans; and those with ok or partial are appended to LOG.spans.
"""
import http.server
import json
import os
import re
import ssl
import sys


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = ANSWERS.pop(0) if len(ANSWERS) > 1 else ANSWERS[0]
        spans = [span for one in json.loads(body)["resourceSpans"] for part in one["scopeSpans"] for span in part["spans"]]
        with open(LOG, "a", encoding="utf-8") as log:
            print(json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "answer": answer,
                              "spans": len(spans), "port": self.client_address[1]}), file=log)
        if answer in ("ok", "partial"):
            with open(LOG + ".spans", "ab") as file:
                file.write(body + b"\n")
        if answer == "silent":
            # Until the client has gone.
            self.rfile.read(1)
        elif answer == "hangup":
            self.close_connection = True
        elif answer == "ok":
            self.reply(200, {})
        elif answer == "partial":
            self.reply(200, {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "no\x1b[31mroom"}})
        elif answer == "moved":
            self.reply(302, {}, {"Location": "/elsewhere"})
        elif answer == "long":
            self.reply(200, {"x": "x" * (5 << 20)})
        else:
            status, retry = re.fullmatch(r"(\d+)(?::(\d+))?", answer).groups()
            self.reply(int(status), {"message": "because"}, {"Retry-After": retry} if retry else {})

    def do_GET(self):
        with open(LOG, "a", encoding="utf-8") as log:
            print("GET", file=log)
        self.reply(200, {})

    def reply(self, status, message, headers={}):
        body = json.dumps(message).encode()
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_):
        pass


LOG, ANSWERS = sys.argv[1], sys.argv[2:]
server = Server(("127.0.0.1", 0), Handler)
if "KEY" in os.environ:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(os.environ["KEY"])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
