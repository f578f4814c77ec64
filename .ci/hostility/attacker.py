"""The protocol, and a client on a raw socket."""
import base64
import hashlib
import socket
import struct
import threading

MAX = 0xfffff
CREATE, DELETE, EXISTS, GET, SET, GETACL, SETACL, CHILDREN, SYNC, PING = 1, 2, 3, 4, 5, 6, 7, 8, 9, 11
CHILDREN2, CHECK, MULTI, CREATE2, RECONFIG, CHECKW, REMOVEW, CONTAINER, DELETEC, TTL = (
    12, 13, 14, 15, 16, 17, 18, 19, 20, 21)
MULTIREAD, AUTH, SETW, SASL, EPHEMERALS, COUNT, SETW2, ADDW, WHOAMI = (
    22, 100, 101, 102, 103, 104, 105, 106, 107)
CLOSE, OPEN = -11, -10
NO_NODE, NOT_EMPTY, QUOTA, MARSHALLING, UNIMPLEMENTED = -101, -111, -125, -5, -6
SUPER = b'super:secret'
DIGEST = 'super:' + base64.b64encode(hashlib.sha1(SUPER).digest()).decode()


class Failure(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failure(what)


def i32(value):
    return struct.pack('>i', value)


def i64(value):
    return struct.pack('>q', value)


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return i32(len(value)) + value


def acl(*entries):
    entries = entries or ((31, 'world', 'anyone'),)
    return i32(len(entries)) + b''.join(i32(p) + text(s) + text(i) for p, s, i in entries)


def create(path, data=b'', flags=0, access=None):
    return text(path) + text(data) + (access or acl()) + i32(flags)


def part(opcode, body):
    return i32(opcode) + b'\0' + i32(-1) + body


END = i32(-1) + b'\1' + i32(-1)


def packet(opcode, body=b'', xid=1):
    body = i32(xid) + i32(opcode) + body
    return i32(len(body)) + body


def greeting(timeout=4000, session=0, password=bytes(16), zxid=0):
    body = i32(0) + i64(zxid) + i32(timeout) + i64(session) + text(password) + b'\0'
    return i32(len(body)) + body


class Client:
    """A session on a raw socket; `patience` ends it if the server does not answer."""

    def __init__(self, port, timeout=4000, patience=60, greet=True, buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(('127.0.0.1', port))
        self.rest = bytearray()
        self.session = 0
        if greet:
            self.send(greeting(timeout))
            self.session = struct.unpack('>q', self.receive()[8:16])[0]

    def send(self, data):
        self.socket.sendall(data)

    def take(self, count):
        while len(self.rest) < count:
            more = self.socket.recv(1 << 20)
            if not more:
                raise EOFError
            self.rest += more
        data = bytes(memoryview(self.rest)[:count])
        del self.rest[:count]
        return data

    def receive(self):
        return self.take(struct.unpack('>i', self.take(4))[0])

    def reply(self):
        """Error and body of the next reply that is no event."""
        while True:
            data = self.receive()
            xid, _, error = struct.unpack('>iqi', data[:16])
            if xid != -1:
                return error, data[16:]

    def ask(self, opcode, body=b'', xid=1):
        self.send(packet(opcode, body, xid))
        return self.reply()

    def close(self):
        try:
            self.send(packet(CLOSE))
            while self.socket.recv(1 << 20):
                pass
        except OSError:
            pass
        self.socket.close()

    def children(self, path):
        error, body = self.ask(CHILDREN, text(path) + b'\0')
        names, place = [], 4
        while error == 0 and place < len(body):
            length = struct.unpack_from('>i', body, place)[0]
            names.append(body[place + 4:place + 4 + length])
            place += 4 + length
        return names

    def remove(self, path):
        """Removes a znode and what is below."""
        path = path.encode() if isinstance(path, str) else path
        names, before = self.children(path), None
        while names and names != before:
            plain = b''.join(packet(DELETE, text(path + b'/' + n) + i32(-1)) for n in names)
            errors = pipeline(self, plain, len(names))
            for name, error in zip(names, errors):
                if error == NOT_EMPTY:
                    self.remove(path + b'/' + name)
            names, before = self.children(path), names
        self.ask(DELETE, text(path) + i32(-1))


def pipeline(client, data, count):
    """Sends while it receives, so that neither side waits for the other; the errors."""
    thread = threading.Thread(target=client.send, args=(data,), daemon=True)
    thread.start()
    errors = [client.reply()[0] for _ in range(count)]
    thread.join()
    return errors
