"""`compare durability`: the real driver of a Linnaeus server, seen from outside.

With strace: no reply to a write leaves the server before an fdatasync of the log that holds its
transaction has returned. With kill -9: what was acknowledged is there after a restart, what was not
is there whole or not at all, and no write outlives an earlier one of its session that is lost.
"""
import collections
import os
import random
import re
import shutil
import signal
import struct
import time

from servers import Server
from wire import (Closed, Connection, I, Malformed, OPEN, Reader, Silence, acl, boolean, buffer,
                  connect_request)

SETTINGS = {'forceSync': 'yes', 'tickTime': '1000'}


def add_arguments(parser):
    parser.add_argument('--kills', type=int, default=3)
    parser.add_argument('--seed', type=int, default=1)


def main(arguments):
    problems = check_order() + check_kills(arguments.kills, arguments.seed)
    for text in problems[:20]:
        print('  ' + text)
    return 1 if problems else 0


# What strace shows

CALLS = 'openat,write,writev,pwrite64,pwritev,sendto,sendmsg,fdatasync,fsync,close'
LINE = re.compile(r'^(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed>)(.*)$')


def check_order():
    """The writes that were acknowledged too early, by strace's record."""
    if shutil.which('strace') is None:
        print('durability: strace is not installed; the order of system calls was not checked')
        return ['no strace'] if os.environ.get('LINNAEUS_REQUIRE_APACHE') else []
    server = Server('linnaeus', SETTINGS)
    record = os.path.join(server.folder, 'strace')
    server.prefix = ['strace', '-f', '-o', record, '-e', 'trace=' + CALLS, '-xx', '-s', '1000000',
                     '-e', 'signal=none']
    try:
        server.start().wait()
        sent = write_some(server.address)
        server.end(signal.SIGTERM)
        with open(record) as file:
            trace = Trace(file)
        late = ['a reply to zxid %#x left before its fdatasync returned' % zxid
                for zxid in trace.early]
        if trace.acknowledged < sent:
            late.append('strace shows %d of %d replies' % (trace.acknowledged, sent))
        print('durability: %d acknowledged writes, %d fdatasyncs (%d by the thread that replies), '
              '%d replies too early' % (trace.acknowledged, trace.syncs,
                                        sum(trace.threads[t] for t in trace.replying),
                                        len(trace.early)))
        return late
    finally:
        server.remove()


def write_some(address):
    """Writes from several sessions, alone and pipelined; how many were acknowledged."""
    clients = []
    for _ in range(4):
        client = Connection(address)
        client.send(connect_request())
        client.receive()
        clients.append(client)
    count = 0
    # One at a time until the server has seen that the disk is quick.
    for number in range(200):
        clients[0].send(I(10000 + number) + I(1) + buffer('/q%d' % number) + buffer(b'x' * 50)
                        + acl(OPEN) + I(0))
        clients[0].receive()
        count += 1
    for index in range(60):
        window = [1, 1, 5, 20][index % 4]
        for number, client in enumerate(clients):
            for part in range(window):
                path = '/n%d-%d-%d' % (number, index, part)
                client.send(I(index * 100 + part + 1) + I(1) + buffer(path) + buffer(b'x' * 50)
                            + acl(OPEN) + I(0))
        for client in clients:
            for _ in range(window):
                client.receive()
                count += 1
    for client in clients:
        client.close()
    return count


class Trace:
    """Follows what was written to logs, what of it was synced, and what was told to clients."""

    def __init__(self, lines):
        self.logs = {}
        self.written = {}
        self.syncing = {}
        self.synced = set()
        self.early = []
        self.acknowledged = 0
        self.syncs = 0
        self.threads = collections.Counter()
        self.replying = set()
        self.begun = {}
        for line in lines:
            match = LINE.match(line)
            if match:
                self.line(*match.groups())

    def line(self, thread, call, kind, rest):
        if kind == '(':
            self.call_begins(thread, call, rest)
            if rest.rstrip().endswith('<unfinished ...>'):
                self.begun[thread, call] = rest
                return
        else:
            rest = self.begun.pop((thread, call), '') + rest
        result = re.search(r'= (-?\d+)', rest[rest.rfind(')'):])
        if result:
            self.call_ends(thread, call, rest, int(result.group(1)))

    @staticmethod
    def descriptor(rest):
        return int(re.match(r'(\d+)', rest).group(1))

    @staticmethod
    def data(rest):
        return b''.join(bytes(int(byte, 16) for byte in text[2:].split('\\x'))
                        for text in re.findall(r'"((?:\\x[0-9a-f]{2})+)"', rest))

    def call_begins(self, thread, call, rest):
        """A reply counts from the moment at which it may leave."""
        if call == 'fdatasync' or call == 'fsync':
            number = self.descriptor(rest)
            self.syncing[thread] = set(self.written.get(number, ()))
        elif call in ('write', 'writev', 'sendto', 'sendmsg'):
            number = self.descriptor(rest)
            if number not in self.logs and number > 2:
                before = self.acknowledged
                self.replies(self.data(rest))
                if self.acknowledged > before:
                    self.replying.add(thread)

    def call_ends(self, thread, call, rest, result):
        """A write counts for the log from the moment at which it is done."""
        if call == 'openat':
            name = self.data(rest).decode(errors='replace')
            if result >= 0 and re.search(r'/log\.[0-9a-f]+$', name):
                self.logs[result] = name
                self.written[result] = set()
        elif call == 'close' and result == 0:
            self.logs.pop(self.descriptor(rest), None)
        elif call in ('fdatasync', 'fsync') and result == 0:
            if self.descriptor(rest) in self.logs:
                self.syncs += 1
                self.threads[thread] += 1
            self.synced |= self.syncing.pop(thread, set())
        elif call in ('write', 'writev', 'pwrite64', 'pwritev') and result > 0:
            number = self.descriptor(rest)
            if number in self.logs:
                self.written[number] |= set(zxids(self.data(rest)))

    def replies(self, data):
        """The zxids of replies to creations, which have xids from 1 on and a path."""
        while len(data) >= 20:
            length, xid, zxid, error = struct.unpack('>iiqi', data[:20])
            if not 16 <= length <= len(data) - 4:
                return
            if xid > 0 and error == 0 and length > 20:
                self.acknowledged += 1
                if zxid not in self.synced:
                    self.early.append(zxid)
            data = data[4 + length:]


def zxids(data):
    """The zxids of the transactions in what was written to a log at once."""
    if data[:4] == b'ZKLG':
        data = data[16:]
    while len(data) >= 44:
        length = struct.unpack('>i', data[8:12])[0]
        if not 32 <= length <= len(data) - 13:
            return
        yield struct.unpack('>q', data[24:32])[0]
        data = data[13 + length:]


# What kill -9 leaves

def check_kills(kills, seed):
    """What is missing or too much after each of several kills."""
    draw = random.Random(seed)
    problems = []
    server = Server('linnaeus', SETTINGS)
    acknowledged = set()
    sent = {}
    try:
        for number in range(kills):
            server.start().wait()
            load(server, number, draw.uniform(0.05, 0.6), sent, acknowledged)
            server.start().wait()
            found = names(server.address)
            problems += judge(number, found, sent, acknowledged)
            acknowledged |= found
            sent.clear()
            server.end(signal.SIGTERM)
        print('durability: %d kills, %d writes acknowledged, %d problems (seed %d)' % (
            kills, len(acknowledged), len(problems), seed))
    finally:
        server.remove()
    return problems


def load(server, number, seconds, sent, acknowledged):
    """Creates from three sessions until the server is killed."""
    clients = []
    for index in range(3):
        client = Connection(server.address)
        client.send(connect_request())
        client.receive()
        clients.append((index, client, sent.setdefault(index, [])))
    end = time.monotonic() + seconds
    count = 0
    unanswered = {index: 0 for index, _, _ in clients}
    killed = False
    while not killed:
        for index, client, names_sent in clients:
            while unanswered[index] < 20:
                count += 1
                name = b'k%d-%d-%d' % (number, index, count)
                names_sent.append(name)
                unanswered[index] += 1
                client.send(I(count) + I(1) + buffer(b'/' + name) + buffer(b'x' * 30) + acl(OPEN)
                            + I(0))
        if time.monotonic() > end:
            server.process.kill()
            killed = True
        for index, client, _ in clients:
            try:
                while unanswered[index] > (0 if killed else 10):
                    frame = client.receive(2)
                    unanswered[index] -= 1
                    acknowledged.add(frame[21:])
            except (Closed, Silence, Malformed):
                pass
    server.end(signal.SIGKILL)
    for _, client, _ in clients:
        client.close()


def names(address):
    """The children of the root but ZooKeeper's own."""
    client = Connection(address)
    client.send(connect_request())
    client.receive()
    client.send(I(1) + I(8) + buffer('/') + boolean(False))
    reader = Reader(client.receive())
    reader.take(16)
    result = set(reader.vector(Reader.buffer)) - {b'zookeeper'}
    client.send(I(2) + I(-11))
    client.close()
    return result


def judge(number, found, sent, acknowledged):
    problems = ['after kill %d %s is lost' % (number, name) for name in acknowledged - found]
    expected = acknowledged | {name for names_sent in sent.values() for name in names_sent}
    problems += ['after kill %d there is %s' % (number, name) for name in found - expected]
    for index, names_sent in sent.items():
        kept = [name in found for name in names_sent]
        if kept != sorted(kept, reverse=True):
            problems.append('after kill %d session %d lost a write before one that is there'
                            % (number, index))
    return problems
