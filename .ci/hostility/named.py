"""What broke other servers, by name."""
import os
import signal
import socket
import time
import zlib

from attacker import (
    ADDW, AUTH, CHECK, CLOSE, COUNT, CREATE, DELETE, END, EXISTS, GET, MARSHALLING, MAX, MULTI,
    MULTIREAD, NO_NODE, OPEN, QUOTA, SET, SETACL, SETW, UNIMPLEMENTED, Client, acl, create, expect, i32, i64,
    packet, part, pipeline, text)
from victim import Server


def case_check_alone(context):
    """A bare `check`, an empty multi, bad operations inside a multi, unknown opcodes."""
    client = Client(context.port)
    client.ask(CREATE, create('/named'))
    other = Client(context.port)
    error, _ = other.ask(CHECK, text('/named') + i32(0))
    expect(error == UNIMPLEMENTED, 'a bare check is answered %d' % error)
    other.socket.close()
    error, body = client.ask(MULTI, END)
    expect((error, body) == (0, END), 'an empty multi is answered %d %r' % (error, body))
    for opcode in (GET, EXISTS, MULTI, SETACL, CLOSE, OPEN, 0, 99, -7):
        error, _ = client.ask(MULTI, part(CREATE, create('/x')) + part(opcode, text('/named')) + END)
        expect(error == MARSHALLING, '%d inside a multi is answered %d' % (opcode, error))
    expect(client.ask(EXISTS, text('/x') + b'\0')[0] == NO_NODE, 'half a multi was done')
    for opcode in (13000, 10, -3, 0, 0x7fffffff, -0x80000000):
        other = Client(context.port)
        error, _ = other.ask(opcode)
        expect(error == UNIMPLEMENTED, 'opcode %d is answered %d' % (opcode, error))
        other.socket.close()
    client.close()
    # 3.8.0 cannot start again after a bare check.
    context.restart()


def case_sizes(context):
    """Data and paths of exactly `jute.maxbuffer`, and one byte more."""
    room = MAX - 8
    client = Client(context.port)
    client.ask(CREATE, create('/sizes'))
    base = len(text('/sizes') + i32(0) + i32(-1))
    expect(client.ask(SET, text('/sizes') + text(b'x' * (room - base)) + i32(-1))[0] == 0,
           'the largest request is refused')
    error, body = client.ask(GET, text('/sizes') + b'\0')
    expect(error == 0 and len(body) == room - base + 4 + 68, 'the largest data does not come back')
    path = '/sizes/' + 'p' * (room - len(create('/sizes/')))
    expect(client.ask(CREATE, create(path))[0] == 0, 'the longest path is refused')
    expect(client.ask(GET, text(path) + b'\1')[0] == 0, 'the longest path is not found')
    expect(client.ask(DELETE, text(path) + i32(-1))[0] == 0, 'the longest path stays')
    slashes = '/sizes' + '/d' * 400000
    expect(client.ask(CREATE, create(slashes))[0] == NO_NODE, 'a path without parents')
    expect(client.ask(COUNT, text(slashes))[0] == NO_NODE, 'a path without parents')
    client.ask(ADDW, text('/') + i32(1))
    expect(client.ask(EXISTS, text(slashes) + b'\1')[0] == NO_NODE, 'a path without parents')
    deep = '/sizes'
    for _ in range(context.size(300, 2000)):
        deep += '/d'
        client.send(packet(CREATE, create(deep)))
        expect(client.reply()[0] == 0, 'a path of depth %d' % deep.count('/'))
    expect(client.ask(SET, text(deep) + text('x') + i32(-1))[0] == 0, 'the deepest znode')
    client.remove('/sizes')
    try:
        client.send(packet(SET, text('/sizes') + text(b'x' * (room - base + 1)) + i32(-1)))
        client.reply()
        expect(False, 'a request of one byte more is answered')
    except (EOFError, OSError):
        pass


def case_ephemerals(context):
    """A session with more ephemeral znodes than one log record should hold, then a restart."""
    client = Client(context.port, timeout=10000)
    count = context.size(40, 300)
    for number in range(count):
        path = b'/e%06d' % number + b'x' * (MAX - 200)
        expect(client.ask(CREATE, create(path, flags=1))[0] == 0, 'a long ephemeral path')
    client.close()
    client = Client(context.port, timeout=10000)
    client.ask(CREATE, create('/after-ephemerals'))
    expect(not [n for n in client.children('/') if n[:2] == b'e0'], 'ephemeral znodes stay')
    client.close()
    context.restart()
    client = Client(context.port)
    expect(client.ask(DELETE, text('/after-ephemerals') + i32(-1))[0] == 0,
           'a write after the session was forgotten')
    expect(not [n for n in client.children('/') if n[:2] == b'e0'], 'ephemeral znodes are back')
    client.close()


def transaction(zxid, opcode, record):
    """One as the log keeps it, without a digest."""
    payload = i64(1) + i32(1) + i64(zxid) + i64(1) + i32(opcode) + record
    return i64(zlib.adler32(payload)) + i32(len(payload)) + payload + b'B'


def case_sequence(context):
    """Sequential znodes through the number 2147483647, in a log made by hand; then a restart."""
    folder = os.path.join(context.folder, 'sequence', 'version-2')
    os.makedirs(folder)
    with open(os.path.join(folder, 'log.1'), 'wb') as log:
        log.write(b'ZKLG' + i32(2) + i64(0))
        for zxid, (path, number) in enumerate((('/s', 1), ('/s/first', 0x7ffffffe)), 1):
            log.write(transaction(zxid, CREATE, text(path) + text('') + acl() + b'\0' + i32(number)))
    server = Server(context.folder, 'sequence')
    try:
        expected = ['2147483646', '2147483647', '-2147483648', '-2147483647']
        for number in expected + ['again', '-2147483646']:
            if number == 'again':
                server.stop(signal.SIGKILL)
                server.start()
                continue
            client = Client(server.port)
            error, body = client.ask(CREATE, create('/s/n', flags=2))
            expect((error, body) == (0, text('/s/n' + number)),
                   '%d %r in place of %s' % (error, body, number))
            client.close()
        client = Client(server.port)
        expect(sorted(client.children('/s')) == sorted(
            [b'first'] + [b'n' + n.encode() for n in expected + ['-2147483646']]), 'other children')
        client.close()
    finally:
        server.stop()


def colliding(count):
    """Names of 16 bytes that one hash without a secret takes for the same."""
    def fold(value):
        product = (value ^ 0x4B33A62ED433D4A3) * 0x9E3779B97F4A7C15
        return product >> 64 ^ product & 0xffffffffffffffff
    names, number = [], 0
    while len(names) < count:
        first = b'/%07d' % number
        number += 1
        state = fold(0x2D358DCCAA6C78A5 ^ 16 ^ int.from_bytes(first, 'little'))
        second = (state ^ 0x0123456789abcdef).to_bytes(8, 'little')
        if 0 not in second:
            names.append(first + second)
    return names


def case_collisions(context):
    """Watches on very many names that hash alike, unless the hash has a secret."""
    client = Client(context.port, timeout=20000)
    names = colliding(context.size(40000, 200000))
    context.settle()
    for start in range(0, len(names), 40000):
        some = names[start:start + 40000]
        paths = b''.join(text(name) for name in some)
        error, _ = client.ask(SETW, i64(1 << 60) + i32(0) + i32(len(some)) + paths + i32(0))
        expect(error == 0, 'setting watches: %d' % error)
    client.socket.close()
    context.judge('collisions', 1)


def case_quota(context):
    """Garbage where quotas are kept, then writes that are counted."""
    client = Client(context.port)
    client.ask(CREATE, create('/counted'))
    client.ask(CREATE, create('/zookeeper/quota/counted'))
    limits, stats = ('/zookeeper/quota/counted/zookeeper_' + n for n in ('limits', 'stats'))
    client.ask(CREATE, create(limits, b'count=5,bytes=100'))
    client.ask(CREATE, create(stats, b'count=0,bytes=0'))
    many = b','.join(b'k%06d=%d' % (n, n) for n in range(70000))
    garbage = [b'', b'=', b'count', b'count=', b'count=x,bytes=y', b'count=99999999999999999999',
               b'count=9223372036854775807,bytes=9223372036854775807', b'count=-1,bytes=-1',
               b',,;;==', b'\xff' * 100, b'count=1' * 5000, b'=' * (MAX - 200), many[:MAX - 200],
               b'count=%d,bytes=%d=;byteHardLimit=%d;countHardLimit=%d' % ((1 << 62,) * 4)]
    for node in (limits, stats):
        for value in garbage:
            client.ask(SET, text(node) + text(value) + i32(-1))
            for _ in range(2):
                error, _ = client.ask(CREATE, create('/counted/a', b'12345'))
                expect(error in (0, QUOTA), 'a counted creation: %d' % error)
                client.ask(SET, text('/counted/a') + text('x' * 50) + i32(-1))
                client.ask(DELETE, text('/counted/a') + i32(-1))
    client.ask(DELETE, text(limits) + i32(-1))
    client.ask(SET, text(stats) + text(many[:MAX - 200]) + i32(-1))
    client.ask(CREATE, create(limits, b'count=5,bytes=100'))
    client.remove('/zookeeper/quota/counted')
    client.remove('/counted')
    client.close()
    context.judge('quota', 1)


def case_access(context):
    """Very long access-control lists, `auth` for very many identities."""
    client = Client(context.port, timeout=20000)
    entries = [(1, 'digest', 'u%d:x' % n) for n in range(40000)]
    client.ask(CREATE, create('/access', b'', 0, acl(*entries)))
    context.judge('a long list', 2)
    client.ask(DELETE, text('/access') + i32(-1))
    try:
        stream = b''.join(packet(AUTH, i32(0) + text('digest') + text('u%d:p' % n), xid=-4)
                          for n in range(3000))
        pipeline(client, stream, 3000)
        client.ask(CREATE, create(
            '/access', b'', 0, acl(*[(n, 'auth', '%d' % (n >> 5)) for n in range(40000)])))
        client.ask(DELETE, text('/access') + i32(-1))
    except (EOFError, OSError):
        pass
    client.socket.close()
    context.judge('many identities', 2)


def case_multi(context):
    """A multi of 100,000 parts as far as they fit, one that fails at its end, and reads that ask
    for far more than they have bytes."""
    client = Client(context.port, timeout=20000, patience=120)
    client.ask(CREATE, create('/multi', b'x' * 1000000))
    check = part(CHECK, text('/') + i32(-1))
    count = min(100000, (MAX - 100) // len(check))
    error, body = client.ask(MULTI, check * count + END)
    expect(error == 0 and len(body) == 9 * (count + 1), 'a multi of %d checks: %d' % (count, error))
    made = part(CREATE, create('/multi/', b'', 2))
    count = (MAX - 100) // len(made)
    error, body = client.ask(MULTI, made * (count - 1) + part(DELETE, text('/none') + i32(-1)) + END)
    expect(error == 0, 'a failing multi: %d' % error)
    expect(client.children('/multi') == [], 'half a multi was done')
    error, body = client.ask(MULTI, made * count + END)
    expect(error == 0 and len(client.children('/multi')) == count, 'sequential znodes of a multi')
    context.judge('multi', 2)
    before = context.server.memory()
    for number in (2200, 40000):
        reading = Client(context.port, timeout=20000)
        reading.send(packet(MULTIREAD, part(GET, text('/multi') + b'\0') * number + END))
        time.sleep(context.size(1, 4))
        context.server.check()
        more = (context.server.memory() - before) >> 10
        reading.socket.close()
        expect(more < 600, 'a request for %d MB takes %d MB' % (number, more))
    # Reads behind a write are answered at once when it is done.
    lazy = Client(context.port, timeout=20000, buffer=4096)
    lazy.send((packet(SET, text('/multi') + text(b'x' * 1000000) + i32(-1))
               + packet(GET, text('/multi') + b'\0') * 900))
    time.sleep(2)
    more = (context.server.memory() - before) >> 10
    context.note('%d MB for 900 reads of a megabyte behind a write, not taken' % more)
    expect(more < 100, '900 reads behind a write take %d MB' % more)
    lazy.socket.close()
    # The session may have expired meanwhile.
    client = Client(context.port)
    client.remove('/multi')
    client.close()
    context.judge('reading much', 2)
