#!/usr/bin/env python3
"""Keeps COUNT TLS handshakes open that never finish, for SECONDS, and tells how old each was when the server ended it.

Half of the clients say nothing, half send the beginning of a ClientHello. Whoever is closed comes again at once, so
COUNT of them are there all the time. Loopback only: "many" are addresses in 127.0.0.0/8.
Usage: unfinished.py HOST:PORT COUNT SECONDS one|many
"""
import errno
import json
import selectors
import socket
import sys
import time

HALF_HELLO = bytes([22, 3, 1, 2, 0, 1, 0])  # 7 bytes of a ClientHello of 512
MOST_PER_ROUND = 50  # connects between two looks at what was closed

host, port = sys.argv[1].rsplit(":", 1)
count, seconds, many = int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == "many"
selector = selectors.DefaultSelector()
missing, opened, refused, ages = list(range(count)), 0, 0, []
end = time.monotonic() + seconds


def begin(number):
    client = socket.socket()
    client.setblocking(False)
    if many:
        client.bind((f"127.1.{number // 250}.{number % 250 + 1}", 0))
    code = client.connect_ex((host, int(port)))
    if code not in (0, errno.EINPROGRESS):
        raise OSError(code, "connect")
    selector.register(client, selectors.EVENT_WRITE, (number, time.monotonic()))


while (now := time.monotonic()) < end:
    for _ in range(min(MOST_PER_ROUND, len(missing))):
        begin(missing.pop())
    for key, events in selector.select(0.01 if missing else min(1, end - now)):
        number, since = key.data
        if events & selectors.EVENT_WRITE:
            if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                refused += 1
                selector.unregister(key.fileobj)
                key.fileobj.close()
                missing.append(number)
                continue
            opened += 1
            if number % 2:
                key.fileobj.send(HALF_HELLO)
            selector.modify(key.fileobj, selectors.EVENT_READ, (number, time.monotonic()))
            continue
        try:
            if key.fileobj.recv(4096):
                continue  # an alert
        except OSError:
            pass
        ages.append(time.monotonic() - since)
        selector.unregister(key.fileobj)
        key.fileobj.close()
        missing.append(number)

ages.sort()
json.dump({
    "opened": opened,
    "refused": refused,
    "closed": len(ages),
    "open": count - len(missing),
    "youngest": ages[0] if ages else None,
    "median": ages[len(ages) // 2] if ages else None,
    "oldest": ages[-1] if ages else None,
}, sys.stdout)
print()
