"""A container image in one file: `train` counts rows, `serve` answers with them, anything else
copies files in capitals.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(os.environ["SAGEMAKER_BASE_DIR"])
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


def train() -> None:
    parameters = json.loads((ROOT / "input/config/hyperparameters.json").read_text())
    if "fail" in parameters:
        (ROOT / "output/failure").write_text(parameters["fail"])
        sys.exit(3)
    rows = sum(len(path.read_text().splitlines()) for path in (ROOT / "input/data/train").iterdir())
    print("epoch 1 loss=0.5", "epoch 2 loss=0.25", sep="\n", flush=True)
    time.sleep(float(parameters.get("sleep", 0)))
    (ROOT / "model/model.json").write_text(
        json.dumps({"rows": rows, "version": parameters.get("version", "1")})
    )


def process(arguments: list[str]) -> None:
    paths = dict(zip(arguments[::2], arguments[1::2], strict=True))
    print("environment", *sorted(os.environ))
    for path in Path(paths["--in"]).iterdir():
        Path(paths["--out"], path.name).write_text(path.read_text().upper())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    model: dict[str, object] = {}

    def log_message(self, *ignored: object) -> None:
        pass

    def do_GET(self) -> None:
        self.answer(500 if self.model["version"] == "sick" else 200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"exit":
            os._exit(1)
        if body == b"error":
            self.answer(503, b"out of order")
        else:
            self.answer(200, json.dumps({**self.model, "received": len(body)}).encode())

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header(
            ATTRIBUTES, f"version={self.model['version']};{self.headers.get(ATTRIBUTES, '')}"
        )
        self.end_headers()
        self.wfile.write(body)


def serve() -> None:
    Handler.model = json.loads((ROOT / "model/model.json").read_text())
    print("serving version", Handler.model["version"], flush=True)
    ThreadingHTTPServer(
        ("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler
    ).serve_forever()


if __name__ == "__main__":
    mode = sys.argv[1]
    if mode == "train":
        train()
    elif mode == "serve":
        serve()
    else:
        process(sys.argv[1:])
