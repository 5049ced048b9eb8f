"""Serves one file over HTTP with byte ranges, for the tests of `sillage data`.

usage: range_server.py FILE REQUESTS_LOG [--cut BYTES]

Prints its port, then serves until standard input ends. With --cut, answers without a Range header break off after
BYTES, as a lost connection does. Each request's Range header is appended to the log, one line each.
"""
import hashlib
import http.server
import sys
import threading

path, log = sys.argv[1:3]
cut = int(sys.argv[4]) if len(sys.argv) > 4 else None
with open(path, "rb") as file:
    body = file.read()
tag = '"' + hashlib.md5(body).hexdigest() + '"'


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = self.headers.get("Range")
        with open(log, "a") as file:
            file.write(f"{wanted}\n")
        if self.path != "/set.bin":
            self.send_error(404)
            return
        start = 0
        if wanted and self.headers.get("If-Range") == tag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body) - start))
        self.send_header("ETag", tag)
        self.end_headers()
        end = cut if cut is not None and start == 0 else len(body)
        self.wfile.write(body[start:end])
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
