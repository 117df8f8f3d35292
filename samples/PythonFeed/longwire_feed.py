#!/usr/bin/env python3
"""A minimal client of Longwire's Feed protocol (docs/protocols/feed.md); standard library only.

    longwire_feed.py watch 'host/#'          what the topics hold, and then every change, through restarts
    longwire_feed.py get 'host/#'            what the topics hold
    longwire_feed.py publish TOPIC PAYLOAD   publishes, and prints the sequence number
    longwire_feed.py command NAME [PAYLOAD]  sends a command, and prints the reply
    longwire_feed.py --vectors FILE          checks this file's codec against the test vectors
"""

import argparse
import json
import os
import random
import socket
import struct
import sys
import time

VERSION = 1
MAX_TOPIC, MAX_NAME, MAX_TEXT, MAX_POSITIONS = 768, 256, 1024, 1024
MAX_MESSAGE = (1 << 20) + (4 << 10)  # until HELLO says what the server's limit is
AUTHENTICATION_REQUIRED = 1
MALFORMED, UNKNOWN_TYPE = 1, 16
FIRST_HARMLESS_ERROR = 16  # codes below end the connection
CONNECT_TIMEOUT, FIRST_WAIT, LONGEST_WAIT = 10.0, 0.25, 30.0  # seconds
HEARTBEATS = 3  # a server that is silent for so many of its heartbeats is gone

# --- The codec: a table, and one function for each direction. -------------------------------------------------------

NUMBERS = {"u8": ">B", "u16": ">H", "u32": ">I", "u64": ">Q", "u63": ">Q"}
TEXTS = {"topic": MAX_TOPIC, "name": MAX_NAME, "text": MAX_TEXT}

MESSAGES = {
    0x01: ("HELLO", [("version", "u16"), ("features", "u16"), ("epoch", "u63"), ("max message bytes", "u32"),
                     ("heartbeat", "u32"), ("name", "name")]),
    0x02: ("AUTH", [("id", "u32"), ("user", "name"), ("secret", "text")]),
    0x03: ("DONE", [("id", "u32"), ("sequence", "u63")]),
    0x04: ("ERROR", [("id", "u32"), ("code", "u16"), ("field", "name"), ("text", "text")]),
    0x05: ("GOODBYE", [("reason", "u16"), ("retry after", "u32"), ("jitter", "u32"), ("text", "text")]),
    0x06: ("PING", [("token", "u64")]),
    0x07: ("PONG", [("token", "u64")]),
    0x10: ("SUBSCRIBE", [("id", "u32"), ("interval", "u32"), ("filter", "topic"), ("positions", "positions")]),
    0x11: ("UNSUBSCRIBE", [("id", "u32"), ("filter", "topic")]),
    0x12: ("VALUE", [("sequence", "u63"), ("topic", "topic"), ("payload", "payload")]),
    0x13: ("SNAPSHOT-END", [("filter", "topic")]),
    0x14: ("GAP", [("count", "u63"), ("topic", "topic")]),
    0x15: ("STALE", [("topic", "topic")]),
    0x16: ("PUBLISH", [("id", "u32"), ("topic", "topic"), ("payload", "payload")]),
    0x20: ("COMMAND", [("id", "u32"), ("deadline", "u32"), ("name", "name"), ("payload", "payload")]),
    0x21: ("REPLY", [("id", "u32"), ("payload", "payload")]),
}
TYPES = {name: type_ for type_, (name, _) in MESSAGES.items()}


class Malformed(Exception):
    """A message that cannot be read: the error code and the field."""

    def __init__(self, code, field):
        super().__init__(f"error {code} in field '{field}'")
        self.code, self.field = code, field


def encode(message, /, **fields):
    """The bytes of a message; fields are named as in the table, with _ for blanks."""
    type_ = TYPES[message]
    parts = [struct.pack(">B", type_)]
    for field, kind in MESSAGES[type_][1]:
        value = fields[field.replace(" ", "_")]
        if kind in NUMBERS:
            parts.append(struct.pack(NUMBERS[kind], value))
        elif kind in TEXTS:
            parts.append(_encode_text(value))
        elif kind == "positions":
            parts.append(struct.pack(">H", len(value)))
            parts.extend(_encode_text(topic) + struct.pack(">Q", sequence) for topic, sequence in value.items())
        else:
            parts.append(value)
    return b"".join(parts)


def _encode_text(text):
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw


def decode(message):
    """The name of a message and its fields; bytes behind the last field belong to later versions."""
    if not message:
        raise Malformed(MALFORMED, "type")
    if message[0] not in MESSAGES:
        raise Malformed(UNKNOWN_TYPE, "type")
    name, layout = MESSAGES[message[0]]
    at, fields = 1, {}

    def number(kind, field):
        nonlocal at
        end = at + struct.calcsize(NUMBERS[kind])
        if end > len(message):
            raise Malformed(MALFORMED, field)
        (value,) = struct.unpack(NUMBERS[kind], message[at:end])
        if kind == "u63" and value >> 63:
            raise Malformed(MALFORMED, field)
        at = end
        return value

    def text(most, field):
        nonlocal at
        length = number("u16", field)
        if length > most or at + length > len(message):
            raise Malformed(MALFORMED, field)
        at += length
        try:
            return message[at - length:at].decode()
        except UnicodeDecodeError:
            raise Malformed(MALFORMED, field) from None

    for field, kind in layout:
        if kind in NUMBERS:
            fields[field] = number(kind, field)
        elif kind in TEXTS:
            fields[field] = text(TEXTS[kind], field)
        elif kind == "positions":
            count = number("u16", field)
            if count > MAX_POSITIONS:
                raise Malformed(MALFORMED, field)
            fields[field] = {text(MAX_TOPIC, field): number("u63", field) for _ in range(count)}
        else:
            fields[field] = message[at:]
    return name, fields


# --- One connection. ------------------------------------------------------------------------------------------------

class Goodbye(Exception):
    """The server ends the connection and says when to come back."""

    def __init__(self, fields):
        super().__init__(fields["text"])
        spread = random.random() * fields["jitter"]
        self.wait = (fields["retry after"] + spread) / 1000


class Refused(Exception):
    """The server answered with ERROR; coming back will not help."""


class Link:
    """A connection that has said HELLO and, where there is an account, AUTH."""

    def __init__(self, address, account, epoch=0):
        self._socket = socket.create_connection(address, CONNECT_TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = self._socket.makefile("rb")
        self._max_message = MAX_MESSAGE
        try:
            self.send("HELLO", version=VERSION, features=0, epoch=epoch, max_message_bytes=0, heartbeat=0,
                      name="longwire_feed.py")
            self.hello = self.receive("HELLO")
            self._max_message = self.hello["max message bytes"]
            if self.hello["heartbeat"]:
                self._socket.settimeout(HEARTBEATS * self.hello["heartbeat"] / 1000)
            if account:
                self.send("AUTH", id=1, user=account[0], secret=account[1])
                self.receive("DONE")
        except BaseException:
            self.close()
            raise

    def send(self, message, /, **fields):
        raw = encode(message, **fields)
        self._socket.sendall(struct.pack(">I", len(raw)) + raw)

    def receive(self, *wanted):
        """The fields of the next message of these; answers PING, and passes over what it does not know."""
        while True:
            name, fields = self.receive_any()
            if name in wanted:
                return fields

    def receive_any(self):
        while True:
            (length,) = struct.unpack(">I", self._exactly(4))
            if length > self._max_message:
                raise ConnectionError(f"a message of {length} bytes, and the limit is {self._max_message}")
            try:
                name, fields = decode(self._exactly(length))
            except Malformed as error:
                if error.code == UNKNOWN_TYPE:
                    continue
                raise ConnectionError(str(error)) from error
            if name == "PING":
                self.send("PONG", token=fields["token"])
            elif name == "GOODBYE":
                raise Goodbye(fields)
            elif name == "ERROR":
                raise Refused(f"error {fields['code']} in '{fields['field']}': {fields['text']}")
            else:
                return name, fields

    def close(self):
        self._input.close()
        self._socket.close()

    def _exactly(self, count):
        got = self._input.read(count)
        if len(got) < count:
            raise ConnectionError("the server closed the connection")
        return got


# --- Commands. ------------------------------------------------------------------------------------------------------

def matches(topic_filter, topic):
    """MQTT's wildcards: + is one level, # at the end any number of them."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if wanted[0] in "+#" and topic.startswith("$"):
        return False
    if wanted[-1] == "#":
        wanted.pop()
        levels = levels[:len(wanted)] if len(levels) >= len(wanted) else levels
    return len(wanted) == len(levels) and all(w in ("+", l) for w, l in zip(wanted, levels))


class Watch:
    """Follows filters for as long as it lives: reconnects, resumes where it was, and tells what was missed."""

    def __init__(self, address, account, filters, tell=print):
        self._address, self._account, self._filters, self._tell = address, account, filters, tell
        self._epoch, self._positions = 0, {}
        self._wait = FIRST_WAIT

    def run(self):
        while True:
            try:
                self._follow()
            except Goodbye as goodbye:
                self._tell(f"# goodbye, back in {goodbye.wait:.1f} s: {goodbye}")
                time.sleep(goodbye.wait)
            except OSError as error:  # refused, reset, timed out, closed
                wait = self._wait * random.uniform(0.5, 1)
                self._wait = min(2 * self._wait, LONGEST_WAIT)
                self._tell(f"# {error}; trying again in {wait:.1f} s")
                time.sleep(wait)

    def _follow(self):
        link = Link(self._address, self._account, self._epoch)
        try:
            self._wait = FIRST_WAIT
            epoch = link.hello["epoch"]
            if epoch != self._epoch:
                self._epoch, self._positions = epoch, {}  # numbers of another epoch mean nothing
            self._tell(f"# epoch {epoch}")
            for number, topic_filter in enumerate(self._filters, 2):
                known = {t: s for t, s in self._positions.items() if matches(topic_filter, t)}
                link.send("SUBSCRIBE", id=number, interval=0, filter=topic_filter,
                          positions=dict(list(known.items())[:MAX_POSITIONS]))
            returned = dict.fromkeys(self._positions, 0)
            while True:
                self._take(*link.receive_any(), returned)
        finally:
            link.close()

    def _take(self, name, fields, returned):
        """`returned`: topics that were followed before, and how many of their lost messages a GAP has told."""
        if name == "VALUE":
            topic, sequence = fields["topic"], fields["sequence"]
            known = self._positions.get(topic, 0)
            lost = sequence - known - 1 - returned.get(topic, 0)
            if topic in returned and sequence > known:
                del returned[topic]
                if lost > 0:
                    self._tell(f"# gap {topic} {lost}")
            if sequence > known:  # else it is here already, by another filter or from before
                self._positions[topic] = sequence
                self._tell(f"{topic} {sequence} {shown(fields['payload'])}")
        elif name == "GAP":
            topic = fields["topic"]
            self._tell(f"# gap {topic} {fields['count']}")
            if topic in returned:
                returned[topic] += fields["count"]  # beside the number: overlapping filters tell one gap twice
        elif name == "STALE":
            self._tell(f"# stale {fields['topic']}")
        elif name == "SNAPSHOT-END":
            self._tell(f"# complete {fields['filter']}")
            for topic in [topic for topic in returned if matches(fields["filter"], topic)]:
                del returned[topic]


def shown(payload):
    return payload.decode(errors="backslashreplace")


def get(link, topic_filter):
    link.send("SUBSCRIBE", id=2, interval=0, filter=topic_filter, positions={})
    while True:
        name, fields = link.receive_any()
        if name == "VALUE":
            print(fields["topic"], fields["sequence"], shown(fields["payload"]))
        elif name == "SNAPSHOT-END":
            return


def publish(link, topic, payload):
    link.send("PUBLISH", id=2, topic=topic, payload=payload)
    print(link.receive("DONE")["sequence"])


def command(link, name, payload, deadline):
    link.send("COMMAND", id=2, deadline=int(deadline * 1000), name=name, payload=payload)
    print(shown(link.receive("REPLY")["payload"]))


def check_vectors(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    for vector in vectors["messages"]:
        message = bytes.fromhex(vector["hex"])
        name, fields = decode(message)
        plain = {f: v.hex().upper() if isinstance(v, bytes) else v for f, v in fields.items()}
        assert (name, plain) == (vector["type"], vector["fields"]), vector["name"]
        if "readOnly" not in vector:
            again = encode(name, **{f.replace(" ", "_"): v for f, v in fields.items()})
            assert again == message, vector["name"]
    for vector in vectors["malformed"]:
        try:
            decode(bytes.fromhex(vector["hex"]))
        except Malformed as error:
            assert (error.code, error.field) == (vector["code"], vector["field"]), vector["name"]
        else:
            raise AssertionError(vector["name"])
    print(f"{len(vectors['messages'])} messages and {len(vectors['malformed'])} malformed ones: as they should be")


def main():
    parser = argparse.ArgumentParser(description="A minimal client of Longwire's Feed protocol.")
    parser.add_argument("--server", default="127.0.0.1:2324", help="HOST:PORT (default: %(default)s)")
    parser.add_argument("--user", help="log in; the secret is taken from the environment: LONGWIRE_SECRET")
    parser.add_argument("--vectors", metavar="FILE", help="check the codec against the test vectors, and end")
    verbs = parser.add_subparsers(dest="verb")
    verbs.add_parser("watch").add_argument("filters", nargs="+")
    verbs.add_parser("get").add_argument("filter")
    publishing = verbs.add_parser("publish")
    publishing.add_argument("topic")
    publishing.add_argument("payload", help="- reads standard input")
    commanding = verbs.add_parser("command")
    commanding.add_argument("name")
    commanding.add_argument("payload", nargs="?", default="")
    commanding.add_argument("--deadline", type=float, default=10, help="seconds (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.vectors:
        return check_vectors(arguments.vectors)
    if not arguments.verb:
        parser.error("say what to do: watch, get, publish or command")
    host, _, port = arguments.server.rpartition(":")
    address = (host.strip("[]"), int(port))
    account = (arguments.user, os.environ.get("LONGWIRE_SECRET", "")) if arguments.user else None
    if arguments.verb == "watch":
        return Watch(address, account, arguments.filters, lambda line: print(line, flush=True)).run()
    link = Link(address, account)
    try:
        if arguments.verb == "get":
            get(link, arguments.filter)
        elif arguments.verb == "publish":
            payload = sys.stdin.buffer.read() if arguments.payload == "-" else arguments.payload.encode()
            publish(link, arguments.topic, payload)
        else:
            command(link, arguments.name, arguments.payload.encode(), arguments.deadline)
    finally:
        link.close()


if __name__ == "__main__":
    try:
        main()
    except (Refused, Goodbye, OSError) as problem:
        sys.exit(f"longwire_feed.py: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
