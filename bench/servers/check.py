#!/usr/bin/env python3
"""Does a server speak the PushLab protocol? check.py [--tls | --deflate] HOST PORT; 0 when every check passes.

With --tls over TLS 1.3; any certificate will do. With --deflate what the server sends is raw deflate. Every wait has a
deadline. Python's standard library only.
"""
import select
import socket
import ssl
import struct
import sys
import time
import zlib

DEADLINE = 30.0
BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
LIMIT = 1 << 20
TLS = None  # the context, with --tls
DEFLATE = False


def frame(kind, body=b""):
    return struct.pack(">I", 1 + len(body)) + kind + body


class Client:
    def __init__(self, address, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if TLS:
            self.socket = TLS.wrap_socket(self.socket)
        self.inflater = zlib.decompressobj(-15)
        self.ahead = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read(self, most):
        """Some bytes, inflated; none at the end."""
        if not DEFLATE:
            return self.socket.recv(most)
        while not self.ahead:
            piece = self.socket.recv(1 << 18)
            if not piece:
                return b""
            self.ahead = self.inflater.decompress(piece)
        piece, self.ahead = self.ahead[:most], self.ahead[most:]
        return piece

    def receive(self, expected, what):
        """Reads exactly these bytes."""
        got = bytearray()
        while len(got) < len(expected):
            piece = self.read(min(1 << 18, len(expected) - len(got)))
            require(piece, f"{what}: closed after {len(got)} of {len(expected)} bytes")
            got += piece
        require(got == expected, f"{what}: other bytes than sent")

    def nothing(self, what):
        """An echo comes next, so nothing else was under way."""
        marker = frame(b"E", b"marker")
        self.send(marker)
        self.receive(marker, what)

    def subscribe(self):
        self.send(frame(b"S"))
        self.receive(frame(b"S"), "subscribe")

    def closed(self, what):
        try:
            rest = self.read(1)
        except ConnectionError:
            rest = b""
        require(rest == b"", f"{what}: the connection is still open")


def exchange(sender, receiver, message, what):
    """Sends and receives at once, by one thread: OpenSSL's connections are not for two."""
    left, got, deadline = memoryview(message), bytearray(), time.monotonic() + DEADLINE
    for client in (sender, receiver):
        client.socket.setblocking(False)
    while len(got) < len(message):
        require(time.monotonic() < deadline, f"{what}: {len(got)} of {len(message)} bytes after {DEADLINE} s")
        moved = False
        try:
            if left:
                left = left[sender.socket.send(left[:1 << 16]):]
                moved = True
        except BLOCKED:
            pass
        try:
            piece = receiver.read(min(1 << 18, len(message) - len(got)))
            require(piece, f"{what}: closed after {len(got)} of {len(message)} bytes")
            got += piece
            moved = True
        except BLOCKED:
            pass
        if not moved:
            select.select([receiver.socket], [sender.socket] if left else [], [], DEADLINE)
    require(got == message, f"{what}: other bytes than sent")
    for client in (sender, receiver):
        client.socket.settimeout(DEADLINE)


def require(condition, what):
    if not condition:
        raise AssertionError(what)


def subscribed(address, count):
    clients = [Client(address) for _ in range(count)]
    for client in clients:
        client.subscribe()
    return clients


def close(clients):
    for client in clients:
        client.socket.close()


def subscribe_is_acknowledged(address):
    with Client(address) as client:
        client.subscribe()
        client.send(frame(b"S", b"with a body"))
        client.receive(frame(b"S", b"with a body"), "second acknowledgement")


def echo_in_single_bytes(address):
    with Client(address) as client:
        message = frame(b"E", b"byte by byte")
        for _ in range(3):
            for i in range(len(message)):
                client.send(message[i:i + 1])
                time.sleep(0.002)  # so that each is a segment of its own
            client.receive(message, "echo")


def echo_under_every_split(address):
    with Client(address) as client:
        messages = frame(b"E", b"one") + frame(b"E", b"second")
        for split in range(1, len(messages)):
            client.send(messages[:split])
            time.sleep(0.002)
            client.send(messages[split:])
            client.receive(messages, f"echo split at {split}")


def frames_in_one_segment(address):
    with Client(address) as client, Client(address) as other:
        other.subscribe()
        client.send(frame(b"E", b"one") + frame(b"P", b"two") + frame(b"S", b"three") + frame(b"E", b"four"))
        client.receive(frame(b"E", b"one") + frame(b"S", b"three") + frame(b"E", b"four"), "answers")
        other.receive(frame(b"P", b"two"), "broadcast")


def publish_reaches_all_but_the_sender(address):
    clients = subscribed(address, 51)
    message = frame(b"P", b"to all")
    clients[0].send(message)
    for client in clients[1:]:
        client.receive(message, "broadcast")
        client.nothing("one broadcast only")
    clients[0].nothing("no broadcast to its sender")
    close(clients)


def publisher_need_not_subscribe(address):
    with Client(address) as publisher, Client(address) as subscriber:
        subscriber.subscribe()
        subscriber.send(frame(b"S"))
        subscriber.receive(frame(b"S"), "second subscription")
        publisher.send(frame(b"P", b"x"))
        subscriber.receive(frame(b"P", b"x"), "broadcast")
        subscriber.nothing("once, though subscribed twice")


def order_of_a_thousand(address):
    clients = subscribed(address, 20)
    with Client(address) as publisher:
        messages = b"".join(frame(b"P", struct.pack(">I", i) + b"." * (i % 300)) for i in range(1000))
        publisher.send(messages)
        for client in clients:
            client.receive(messages, "thousand messages")
    close(clients)


def largest_frame(address):
    with Client(address) as client, Client(address) as subscriber:
        for kind in (b"E", b"P"):
            message = frame(kind, bytes(i & 0xFF for i in range(LIMIT - 1)))
            if kind == b"P":
                subscriber.subscribe()
            exchange(client, client if kind == b"E" else subscriber, message, "1 MiB")


def malformed_frames_close(address):
    for what, data in (
        ("too large", struct.pack(">I", LIMIT + 1) + b"E"),
        ("negative as a signed number", struct.pack(">I", 0xFFFFFFFF) + b"E"),
        ("empty", struct.pack(">I", 0)),
        ("unknown type", frame(b"?", b"x")),
    ):
        with Client(address) as client:
            client.nothing("before")
            client.send(data)
            client.closed(what)


def stalled_reader_stops_nobody(address):
    clients = subscribed(address, 10)
    with Client(address, receive_buffer=4096) as stalled, Client(address) as publisher:
        stalled.subscribe()
        message = frame(b"P", b"z" * (256 << 10))
        for i in range(128):  # 32 MiB, more than the system's buffers and the server's limit
            publisher.send(message)
            for client in clients:
                client.receive(message, f"broadcast {i} beside a stalled reader")
    close(clients)


def half_closed_gets_no_one_stuck(address):
    with Client(address) as client:
        client.send(frame(b"E", b"last"))
        client.receive(frame(b"E", b"last"), "echo")
        client.send(frame(b"E", b"incomplete")[:7])
        socket.socket.shutdown(client.socket, socket.SHUT_WR)  # the FIN alone, and under TLS reading goes on, too
        client.closed("half-closed within a frame")


def connects_and_disconnects(address):
    with Client(address) as witness:
        witness.subscribe()
        for i in range(2000):
            client = Client(address)
            if i % 2:
                client.send(frame(b"S"))
            if i % 4 == 1:
                client.receive(frame(b"S"), "subscribe")
            if i % 3 == 0:
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.socket.close()
        with Client(address) as publisher:
            publisher.send(frame(b"P", b"still here"))
            witness.receive(frame(b"P", b"still here"), "after the storm")
            publisher.nothing("after the storm")


CHECKS = (
    subscribe_is_acknowledged, echo_in_single_bytes, echo_under_every_split, frames_in_one_segment,
    publish_reaches_all_but_the_sender, publisher_need_not_subscribe, order_of_a_thousand, largest_frame,
    malformed_frames_close, stalled_reader_stops_nobody, half_closed_gets_no_one_stuck, connects_and_disconnects,
)


def context():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls


def main():
    global TLS, DEFLATE
    arguments = sys.argv[1:]
    if arguments[:1] == ["--tls"]:
        TLS = context()
        del arguments[0]
    elif arguments[:1] == ["--deflate"]:
        DEFLATE = True
        del arguments[0]
    if len(arguments) != 2:
        sys.exit("usage: check.py [--tls | --deflate] HOST PORT")
    address = (arguments[0], int(arguments[1]))
    failed = 0
    for check in CHECKS:
        started = time.monotonic()
        try:
            check(address)
            result = "ok"
        except (AssertionError, OSError) as error:
            failed += 1
            result = f"FAILED: {error!r}"
        print(f"{check.__name__.replace('_', ' '):45} {time.monotonic() - started:6.2f} s  {result}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
