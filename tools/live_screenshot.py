"""Drives a headless Chromium through its DevTools (JSON over a WebSocket, spoken here with the standard library alone): opens the live
page, waits until its counters have moved, and saves pictures of it.

usage: live_screenshot.py DEVTOOLS_PORT PAGE FOLDER
"""

import base64
import json
import os
import socket
import struct
import sys
import time
import urllib.request


class DevTools:
    """One tab."""

    def __init__(self, port: int):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
        address = json.load(urllib.request.urlopen(request, timeout=30))["webSocketDebuggerUrl"]
        path = "/" + address.split("/", 3)[3]
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.stream = self.socket.makefile("rb")
        assert b" 101 " in self.stream.readline()
        while self.stream.readline() != b"\r\n":
            pass
        self.number = 0
        self.errors = []

    def call(self, method: str, **parameters):
        self.number += 1
        self.send(json.dumps({"id": self.number, "method": method, "params": parameters}).encode())
        while True:
            message = json.loads(self.receive())
            # The script's own look at the canvas earns a warning; what the page does wrong is an error.
            wrong = message.get("method") == "Runtime.exceptionThrown" or message.get("params", {}).get("entry", {}).get("level") == "error"
            if wrong:
                self.errors.append(json.dumps(message["params"])[:400])
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def value(self, script: str):
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def send(self, payload: bytes):
        # Clients mask what they send; a mask of zeros is one too.
        length = struct.pack("!BH", 0x80 | 126, len(payload)) if len(payload) < 65536 else struct.pack("!BQ", 0x80 | 127, len(payload))
        self.socket.sendall(b"\x81" + length + b"\0\0\0\0" + payload)

    def receive(self) -> bytes:
        message = b""
        while True:
            first, second = self.stream.read(2)
            length = second & 127
            if length == 126:
                length = struct.unpack("!H", self.stream.read(2))[0]
            elif length == 127:
                length = struct.unpack("!Q", self.stream.read(8))[0]
            message += self.stream.read(length)
            if first & 0x80:
                return message


COUNTERS = """(() => {
  const canvas = document.querySelector('.source canvas'), delivered = document.querySelector('[data-of=delivered]');
  if (!canvas || !delivered) return null;
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let i = 0; i < pixels.length; i += 404) colours.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
  return { delivered: +delivered.textContent.replaceAll(',', ''), colours: colours.size, connection: document.getElementById('connection').textContent };
})()"""


def wait_for(tab: DevTools, seconds: float, holds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        counters = tab.value(COUNTERS)
        if counters and holds(counters):
            return counters
        time.sleep(0.2)
    raise SystemExit(f"the page did not come to life: {tab.value(COUNTERS)}; {tab.errors}")


def main():
    port, page, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    tab = DevTools(port)
    for domain in ("Page", "Runtime", "Log"):
        tab.call(f"{domain}.enable")
    tab.call("Page.navigate", url=page)
    first = wait_for(tab, 60, lambda c: c["connection"] == "live" and c["delivered"] > 0 and c["colours"] > 1)
    later = wait_for(tab, 60, lambda c: c["delivered"] > first["delivered"] + 20)
    time.sleep(float(os.environ.get("SECONDS_SHOWN", "8")))
    for name, width, height, scheme in (("wide-light", 1280, 800, "light"), ("wide-dark", 1280, 800, "dark"), ("phone-light", 390, 844, "light"), ("phone-dark", 390, 844, "dark")):
        tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1 if width > 600 else 2, mobile=width <= 600)
        tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        time.sleep(1)
        with open(os.path.join(folder, f"{name}.png"), "wb") as file:
            file.write(base64.b64decode(tab.call("Page.captureScreenshot", format="png")["data"]))
    overflow = tab.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overflow > 0:
        raise SystemExit(f"on a phone the page is {overflow} pixels wider than the screen")
    if tab.errors:
        raise SystemExit(f"the page has errors: {tab.errors}")
    print(f"delivered {first['delivered']}, then {later['delivered']}, at the end {tab.value(COUNTERS)['delivered']}; pictures in {folder}")


main()
