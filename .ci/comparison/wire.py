"""ZooKeeper's client protocol in as much as a comparison needs it: requests as bytes, replies taken
apart into values that can be masked and compared (zookeeper-protocol.md, sections 1 and 2)."""
import socket
import struct
import time

I = struct.Struct('>i').pack
L = struct.Struct('>q').pack


def boolean(value):
    return b'\1' if value else b'\0'


def buffer(value):
    """A buffer or string; None is null."""
    if value is None:
        return I(-1)
    if isinstance(value, str):
        value = value.encode('utf-8', 'surrogatepass')
    return I(len(value)) + value


def vector(values, element):
    return I(-1) if values is None else I(len(values)) + b''.join(map(element, values))


def acl(entries):
    """The bytes of [(permissions, scheme, id)]; None is a null list."""
    return vector(entries, lambda entry: I(entry[0]) + buffer(entry[1]) + buffer(entry[2]))


OPEN = [(31, 'world', 'anyone')]


def multi_header(opcode, done=False, error=-1):
    return I(opcode) + boolean(done) + I(error)


MULTI_END = multi_header(-1, True)

OPCODES = {
    -11: 'closeSession', -10: 'createSession', -1: 'error', 0: 'notification', 1: 'create',
    2: 'delete', 3: 'exists', 4: 'getData', 5: 'setData', 6: 'getACL', 7: 'setACL',
    8: 'getChildren', 9: 'sync', 11: 'ping', 12: 'getChildren2', 13: 'check', 14: 'multi',
    15: 'create2', 16: 'reconfig', 17: 'checkWatches', 18: 'removeWatches', 19: 'createContainer',
    20: 'deleteContainer', 21: 'createTTL', 22: 'multiRead', 100: 'auth', 101: 'setWatches',
    102: 'sasl', 103: 'getEphemerals', 104: 'getAllChildrenNumber', 105: 'setWatches2',
    106: 'addWatch', 107: 'whoAmI'}
CODES = {name: number for number, name in OPCODES.items()}

ERRORS = {
    0: 'OK', -1: 'SystemError', -2: 'RuntimeInconsistency', -3: 'DataInconsistency',
    -5: 'MarshallingError', -6: 'Unimplemented', -7: 'OperationTimeout', -8: 'BadArguments',
    -12: 'UnknownSession', -13: 'NewConfigNoQuorum', -14: 'ReconfigInProgress', -101: 'NoNode',
    -102: 'NoAuth', -103: 'BadVersion', -108: 'NoChildrenForEphemerals', -110: 'NodeExists',
    -111: 'NotEmpty', -112: 'SessionExpired', -114: 'InvalidACL', -115: 'AuthFailed',
    -118: 'SessionMoved', -119: 'NotReadOnly', -120: 'EphemeralOnLocalSession', -121: 'NoWatcher',
    -122: 'RequestTimeout', -123: 'ReconfigDisabled', -124: 'SessionClosedRequireSASLAuth',
    -125: 'QuotaExceeded', -127: 'ThrottledOp'}

EVENTS = {1: 'created', 2: 'deleted', 3: 'dataChanged', 4: 'childrenChanged'}


class Malformed(Exception):
    """A reply that is not what its request asks for."""


class Reader:
    """Takes a record apart from left to right."""

    def __init__(self, data):
        self.data = data
        self.position = 0

    def take(self, count):
        if count < 0 or self.position + count > len(self.data):
            raise Malformed('%d bytes at %d of %d' % (count, self.position, len(self.data)))
        part = self.data[self.position:self.position + count]
        self.position += count
        return part

    def byte(self):
        return self.take(1)[0]

    def int(self):
        return struct.unpack('>i', self.take(4))[0]

    def long(self):
        return struct.unpack('>q', self.take(8))[0]

    def buffer(self):
        length = self.int()
        return None if length == -1 else self.take(length)

    def vector(self, element):
        count = self.int()
        return None if count == -1 else [element(self) for _ in range(count)]

    def stat(self):
        return dict(zip(STAT, struct.unpack('>qqqqiiiqiiq', self.take(68))))

    def acl(self):
        return self.vector(lambda reader: (reader.int(), reader.buffer(), reader.buffer()))

    def ended(self):
        return self.position == len(self.data)


STAT = ('czxid', 'mzxid', 'ctime', 'mtime', 'version', 'cversion', 'aversion', 'ephemeralOwner',
        'dataLength', 'numChildren', 'pzxid')


def read_body(opcode, reader):
    """The response record of an operation, as [(kind, value)]: kinds are those of `Masks`."""
    name = OPCODES.get(opcode)
    if name in ('create', 'sync'):
        return [('path', reader.buffer())]
    if name in ('create2', 'createContainer', 'createTTL'):
        return [('path', reader.buffer()), ('stat', reader.stat())]
    if name in ('exists', 'setData', 'setACL'):
        return [('stat', reader.stat())]
    if name in ('getData', 'reconfig'):
        return [('data', reader.buffer()), ('stat', reader.stat())]
    if name == 'getACL':
        return [('acl', reader.acl()), ('stat', reader.stat())]
    if name == 'getChildren':
        return [('names', reader.vector(Reader.buffer))]
    if name == 'getChildren2':
        return [('names', reader.vector(Reader.buffer)), ('stat', reader.stat())]
    if name == 'getEphemerals':
        return [('names', reader.vector(Reader.buffer))]
    if name == 'getAllChildrenNumber':
        return [('number', reader.int())]
    if name == 'addWatch':
        return [('number', reader.int())]
    if name == 'whoAmI':
        return [('identities', reader.vector(lambda r: (r.buffer(), r.buffer())))]
    if name == 'sasl':
        return [('data', reader.buffer())]
    if name in ('multi', 'multiRead'):
        return [('results', read_results(reader))]
    return []


def read_results(reader):
    results = []
    while True:
        kind, done, error = reader.int(), reader.byte(), reader.int()
        if done:
            results.append(('end', kind, done, error, []))
            return results
        if kind == -1:
            results.append(('result', kind, done, error, [('number', reader.int())]))
        else:
            results.append(('result', kind, done, error, read_body(kind, reader)))


def java_password(session):
    """The password that follows from a session id (section 2.1)."""
    seed = ((session ^ 0xB3415C00) ^ 0x5DEECE66D) & ((1 << 48) - 1)
    result = b''
    for _ in range(4):
        seed = (seed * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
        result += struct.pack('<I', (seed >> 16) & 0xffffffff)
    return result


def connect_request(session=0, password=b'\0' * 16, timeout=30000, last=0, read_only=False):
    body = I(0) + L(last) + I(timeout) + L(session) + buffer(password)
    return body if read_only is None else body + boolean(read_only)


class Closed(Exception):
    """The server closed the connection."""


class Silence(Exception):
    """Nothing came in time."""


class Connection:
    """A socket that carries frames."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b''

    def send(self, payload):
        self.send_raw(I(len(payload)) + payload)

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # Reading tells that the server closed it.

    def receive(self, timeout=5.0):
        """The next frame."""
        end = time.monotonic() + timeout
        while True:
            if len(self.pending) >= 4:
                length = struct.unpack('>i', self.pending[:4])[0]
                if length < 0 or length > 100_000_000:
                    raise Malformed('a frame of %d bytes' % length)
                if len(self.pending) >= 4 + length:
                    frame = self.pending[4:4 + length]
                    self.pending = self.pending[4 + length:]
                    return frame
            left = end - time.monotonic()
            if left <= 0:
                raise Silence()
            self.socket.settimeout(left)
            try:
                part = self.socket.recv(65536)
            except socket.timeout:
                raise Silence()
            except OSError:
                raise Closed()
            if not part:
                raise Closed()
            self.pending += part

    def close(self):
        self.socket.close()
