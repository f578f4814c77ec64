"""One of the two servers, the clients that talk to it, and what of its answers is comparable."""
import re
import struct
import time

from sequences import ROOT, SLOTS, SUPER
from wire import (CODES, Closed, Connection, I, Malformed, MULTI_END, OPCODES, OPEN, Reader,
                  Silence, acl, boolean, buffer, connect_request, java_password, multi_header,
                  read_body)

# Opcodes that a server knows without closing the connection when it does not do them.
KNOWN = {number for number in OPCODES if number not in (0, -1)}


class Client:
    """A slot: a session, perhaps a connection, and what arrived on it."""

    def __init__(self):
        self.session = 0
        self.password = b'\0' * 16
        self.connection = None
        self.xid = 0
        self.last_zxid = 0
        self.events = []
        self.authenticated = False


class Side:
    """Runs steps against one server; each answer is a tuple without anything that may differ."""

    def __init__(self, server):
        self.server = server
        self.control = None
        self.is_live = server is not None

    # A sequence's beginning and end

    def begin(self, root):
        self.root = root
        self.clients = [Client() for _ in range(SLOTS)]
        self.labels = {0: '0'}
        self.times = {0: 0}
        self.created = 0
        self.base = 0
        self.restricted_session = None
        if self.control is None or self.control.connection is None:
            self.control = Client()
            self.connect(self.control, 'control')
            self.control_request(100, I(0) + buffer('digest') + buffer(SUPER), xid=-4)
        self.control_request(1, buffer(root) + buffer(b'') + acl(OPEN) + I(0))
        self.base = self.control_request(3, buffer('/') + boolean(False))[1]

    def control_request(self, opcode, body, xid=None):
        """(error, zxid, body) of a request by the session that may do everything."""
        client = self.control
        if xid is None:
            client.xid += 1
            xid = client.xid
        client.connection.send(I(xid) + I(opcode) + body)
        while True:
            frame = client.connection.receive(10)
            answer, zxid, error = struct.unpack('>iqi', frame[:16])
            if answer != -1:
                return error, zxid, frame[16:]

    def finish(self):
        """Ends every session and removes what is left, whatever state it is in."""
        for client in self.clients:
            if client.session and client.connection is None:
                try:
                    self.connect(client, 'again')
                except (Closed, Silence, Malformed, OSError):
                    continue
            if client.connection is not None:
                self.close_session(client)
        self.remove_tree(self.root)
        self.remove_tree(b'/zookeeper/quota' + self.root)

    def close_session(self, client):
        client.connection.send(I(1) + I(-11))
        try:
            while True:
                client.connection.receive(2)
        except (Closed, Silence, Malformed):
            pass
        client.connection.close()
        client.connection = None
        client.session = 0

    def descendants(self, path):
        error, _, body = self.control_request(8, buffer(path) + boolean(False))
        if error:
            return []
        names = Reader(body).vector(Reader.buffer)
        return [path] + [found for name in names or ()
                         for found in self.descendants(path.rstrip(b'/') + b'/' + name)]

    def remove_tree(self, top):
        paths = self.descendants(top)
        if paths:
            self.control_request(14, b''.join(
                multi_header(2) + buffer(path) + I(-1) for path in reversed(paths)) + MULTI_END)

    # Connections

    def connect(self, client, label, timeout=30000, last=None, password=None):
        """A connection for the client's session, or a new one; the comparable answer."""
        connection = Connection(self.server.address)
        connection.send(connect_request(
            client.session, client.password if password is None else password, timeout,
            client.last_zxid if last is None else last))
        answer = self.connect_response(connection, label)
        if answer[0] == 'connected' and answer[2] != '0':
            client.connection = connection
            client.session, client.password = self.granted
            client.xid = 0
        else:
            connection.close()
        return answer

    def connect_response(self, connection, label):
        try:
            frame = connection.receive()
        except Closed:
            return ('closed',)
        except Silence:
            return ('silence',)
        return self.read_connect_response(frame, label)

    def read_connect_response(self, frame, label):
        try:
            reader = Reader(frame)
            version, timeout, session = reader.int(), reader.int(), reader.long()
            password = reader.buffer()
            rest = reader.take(len(frame) - reader.position)
        except Malformed:
            return ('no connect response', frame.hex())
        self.granted = session, password
        if session not in self.labels:
            self.created += 1
            self.labels[session] = 'session %s %d' % (label, self.created)
        expected = java_password(session) if session else b'\0' * 16
        return ('connected', version, self.labels[session], timeout,
                'password' if password == expected else password.hex(), rest)

    def ready(self, slot, out):
        """The slot's client with a connection; a session that is gone is replaced."""
        client = self.clients[slot]
        if client.connection is None:
            out.append(('connect', self.connect(client, slot)))
            if client.connection is None and client.session:
                client.session, client.password = 0, b'\0' * 16
                out.append(('connect', self.connect(client, slot)))
            if client.connection is None:
                raise Closed()
        return client

    # Steps in two halves, so that both servers work at the same time

    def start(self, step):
        """Sends what the step sends."""
        self.out = []
        self.failed = None
        try:
            getattr(self, 'start_' + step[0].replace(' ', '_'))(*step[1:])
        except (Closed, Silence, Malformed, OSError) as error:
            self.failed = type(error).__name__

    def end(self, step):
        """Waits for the answers; the list of comparable things that happened."""
        try:
            if self.failed is None:
                getattr(self, 'end_' + step[0].replace(' ', '_'))(*step[1:])
        except (Closed, Silence, Malformed, OSError) as error:
            self.failed = type(error).__name__
        if self.failed is not None:
            self.out.append(('failed', self.failed))
        return self.out

    def payload(self, body):
        return body.replace(ROOT, self.root)

    def start_request(self, slot, opcode, xid, body):
        client = self.ready(slot, self.out)
        if xid is None:
            client.xid += 1
            xid = client.xid
        self.expected = xid
        client.connection.send(I(xid) + I(opcode) + self.payload(body))

    def end_request(self, slot, opcode, xid, body):
        client = self.clients[slot]
        if opcode == CODES['createSession']:
            self.out.append(self.second_connect_response(client, slot))
            return
        error = self.receive_reply(client, opcode, self.expected)
        closes = error in (-115, -124) or error == -6 and opcode not in KNOWN
        if closes or opcode == CODES['closeSession']:
            self.wait_closed(client)

    def second_connect_response(self, client, slot):
        """What a client that sends createSession as a request gets."""
        while True:
            frame = client.connection.receive()
            xid, zxid, error = struct.unpack('>iqi', frame[:16])
            if xid == 0:
                return self.read_connect_response(frame, slot)
            if xid == -1:
                self.event(client, zxid, frame)
                continue
            return ('reply', xid, self.zxid(zxid), error, frame[16:])

    def start_burst(self, slot, requests):
        client = self.ready(slot, self.out)
        data = b''
        self.expected = []
        for opcode, _, body in requests:
            client.xid += 1
            self.expected.append(client.xid)
            payload = I(client.xid) + I(opcode) + self.payload(body)
            data += I(len(payload)) + payload
        client.connection.send_raw(data)

    def end_burst(self, slot, requests):
        for (opcode, _, _), xid in zip(requests, self.expected):
            self.receive_reply(self.clients[slot], opcode, xid)

    def receive_reply(self, client, opcode, xid):
        """The reply to the oldest request, and the events that stand before it."""
        while True:
            try:
                if client.connection is None:
                    raise Closed()
                frame = client.connection.receive()
            except Closed:
                self.lose(client)
                self.out.append(('closed',))
                return None
            if len(frame) < 16:
                self.out.append(('short frame', frame))
                return None
            answer, zxid, error = struct.unpack('>iqi', frame[:16])
            if answer == -1 and xid != -1:
                self.event(client, zxid, frame)
                continue
            break
        if zxid > 0:
            client.last_zxid = max(client.last_zxid, zxid)
        self.out.append(self.reply(opcode, answer, zxid, error, frame))
        return error

    def event(self, client, zxid, frame):
        reader = Reader(frame)
        reader.take(16)
        kind, state, path = reader.int(), reader.int(), reader.buffer()
        shown = zxid if zxid == -1 else self.zxid(zxid)
        self.out.append(('event', shown, frame[12:16], kind, state, self.place(path),
                         frame[reader.position:]))

    def reply(self, opcode, xid, zxid, error, frame):
        try:
            reader = Reader(frame)
            reader.take(16)
            # The bodies of errors and of multi's results stand for themselves.
            body = [] if reader.ended() else [
                (kind, self.masked(kind, value)) for kind, value in read_body(opcode, reader)]
            rest = frame[reader.position:]
        except Malformed as failure:
            body, rest = [('undecodable', str(failure))], frame[16:]
        return ('reply', opcode, xid, self.zxid(zxid), error, tuple(body), rest)

    def lose(self, client):
        if client.connection is not None:
            client.connection.close()
        client.connection = None

    def wait_closed(self, client):
        if client.connection is None:
            return
        try:
            while True:
                frame = client.connection.receive(2)
                self.out.append(('more', frame))
        except Closed:
            self.out.append(('closed',))
        except Silence:
            self.out.append(('still open',))
        self.lose(client)

    def start_drop(self, slot):
        self.ready(slot, self.out)
        self.lose(self.clients[slot])

    def end_drop(self, slot):
        pass

    def start_steal(self, slot):
        self.old = self.ready(slot, self.out).connection

    def end_steal(self, slot):
        client = self.clients[slot]
        self.out.append(('connect', self.connect(client, slot)))
        thief, client.connection = client.connection, self.old
        self.drain(client)
        client.connection = thief

    def drain(self, client):
        """Events that were on their way, and then the end of the connection."""
        try:
            while True:
                frame = client.connection.receive(2)
                xid, zxid, _ = struct.unpack('>iqi', frame[:16])
                if xid == -1:
                    self.event(client, zxid, frame)
                else:
                    self.out.append(('more', frame))
        except Closed:
            self.out.append(('closed',))
        except Silence:
            self.out.append(('still open',))
        self.lose(client)

    def start_bad_password(self, slot):
        self.ready(slot, self.out)

    def end_bad_password(self, slot):
        client = self.clients[slot]
        other = Client()
        other.session = client.session
        self.out.append(('connect', self.connect(other, slot, password=b'\1' * 16)))
        if other.connection is not None:
            self.lose(other)
        self.drain(client)

    def start_ahead(self, slot):
        self.ready(slot, self.out)

    def end_ahead(self, slot):
        client = self.clients[slot]
        other = Client()
        other.session, other.password = client.session, client.password
        self.out.append(('connect', self.connect(other, slot, last=1 << 60)))
        self.lose(other)
        # Whether the present connection lives on shows at its next request.

    def start_close(self, slot):
        self.start_request(slot, CODES['closeSession'], None, b'')

    def end_close(self, slot):
        client = self.clients[slot]
        self.end_request(slot, CODES['closeSession'], None, b'')
        # The next connection tries the session that was, and learns that it is no more.

    def start_raw(self, slot, data):
        client = self.ready(slot, self.out)
        client.connection.send_raw(self.payload(data))

    def end_raw(self, slot, data):
        self.drain(self.clients[slot])

    def start_connect(self, first):
        self.newcomer = Connection(self.server.address)
        self.newcomer.send(first)

    def end_connect(self, first):
        answer = self.connect_response(self.newcomer, 'newcomer')
        self.out.append(('connect', answer))
        client = Client()
        client.connection = self.newcomer
        if answer[0] == 'connected' and answer[2] != '0':
            self.close_session(client)
        else:
            self.wait_closed(client)

    def start_expire(self, live):
        self.mortal = Client()
        self.out.append(('connect', self.connect(self.mortal, 'mortal', timeout=400)))
        for index, name in enumerate((b'/x1', b'/x2', b'/a/x')):
            self.mortal.connection.send(I(index + 1) + I(1) + buffer(self.root + name)
                                        + buffer(b'') + acl(OPEN) + I(1))
            self.receive_reply(self.mortal, CODES['create'], index + 1)
        if not live:
            self.lose(self.mortal)

    def end_expire(self, live):
        deadline = time.monotonic() + 5
        paths = [self.root + b'/x1', self.root + b'/x2', self.root + b'/a/x']
        while time.monotonic() < deadline and any(self.owned(path) for path in paths):
            time.sleep(0.02)
        if live:
            self.drain(self.mortal)
        self.out.append(('connect', self.connect(self.mortal, 'mortal')))
        if self.mortal.connection is not None:
            self.out.append(('survived',))
            self.close_session(self.mortal)

    def owned(self, path):
        error, _, body = self.control_request(3, buffer(path) + boolean(False))
        return not error and Reader(body).stat()['ephemeralOwner'] == self.mortal.session

    # Masks

    def zxid(self, value):
        return 'since %d' % (value - self.base) if value > self.base else (
            value if value <= 0 else 'before')

    def place(self, path):
        """With the root's placeholder; what is no UTF-8 is but one mark (`not-utf8`)."""
        if path is None:
            return None
        text = path.replace(self.root, ROOT).decode('utf-8', 'replace')
        return re.sub('[\ufffd\U00010000-\U0010ffff]+', '\ufffd', text).encode()

    def time_of(self, zxid, value):
        """All that one transaction did has one time."""
        known = self.times.setdefault(zxid, value)
        if self.is_live and zxid and abs(value / 1000 - time.time()) > 86400:
            return 'no time %d' % value
        return 'its time' if known == value else 'another time'

    def masked(self, kind, value):
        if value is None:
            return None
        if kind == 'stat':
            owner = value['ephemeralOwner']
            return tuple({
                **value, 'ctime': self.time_of(value['czxid'], value['ctime']),
                'mtime': self.time_of(value['mzxid'], value['mtime']),
                'czxid': self.zxid(value['czxid']), 'mzxid': self.zxid(value['mzxid']),
                'pzxid': self.zxid(value['pzxid']),
                'ephemeralOwner': self.labels.get(owner, hex(owner))}.items())
        if kind == 'path':
            return self.place(value)
        if kind == 'names':
            return tuple(sorted(self.place(name) for name in value))
        if kind in ('acl', 'identities'):
            # Apache keeps a connection's identities in a hash table.
            return tuple(sorted((tuple(self.place(part) if isinstance(part, bytes) else part
                                       for part in entry) for entry in value), key=repr))
        if kind == 'results':
            return tuple((what, code, done, error, tuple(
                (inner, self.masked(inner, one)) for inner, one in body))
                for what, code, done, error, body in value)
        return value
