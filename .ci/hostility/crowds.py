"""Very many znodes, watches and connections."""
import random
import resource
import socket
import struct
import time

from attacker import (
    CHILDREN, CHILDREN2, COUNT, CREATE, END, EXISTS, GET, MULTI, PING, SET, SETW, Client,
    create, expect, greeting, i32, i64, packet, part, pipeline, text)
from victim import Server


def fill(client, parent, count, size=0):
    client.ask(CREATE, create(parent))
    step, data = 2000, b'x' * size
    for start in range(0, count, step * 8):
        stream, packets = b'', 0
        for first in range(start, min(count, start + step * 8), step):
            names = range(first, min(count, first + step))
            stream += packet(MULTI, b''.join(
                part(CREATE, create('%s/%07d' % (parent, n), data)) for n in names) + END)
            packets += 1
        expect(not any(pipeline(client, stream, packets)), 'creating many')


def case_children(context):
    """Listing a parent whose children do not fit in `jute.maxbuffer`; counting all descendants."""
    count = context.size(150000, 1000000)
    client = Client(context.port, timeout=10000)
    fill(client, '/many', count)
    context.settle()
    for opcode in (CHILDREN, CHILDREN2):
        error, body = client.ask(opcode, text('/many') + b'\1')
        expect(error == 0 and struct.unpack('>i', body[:4])[0] == count, 'not all children')
    # Whoever reads nothing of many lists holds up nobody else, nor the server's memory.
    lazy = [Client(context.port, buffer=4096) for _ in range(20)]
    before = context.server.memory()
    for other in lazy:
        other.send(packet(CHILDREN, text('/many') + b'\0') * 50)
    time.sleep(2)
    context.note('%d MB more for 20 clients that ask for lists and read nothing' % (
        (context.server.memory() - before) >> 10))
    for other in lazy:
        other.socket.close()
    context.judge('children', 3)
    other = Client(context.port, timeout=10000)
    other.send(packet(COUNT, text('/many')) * context.size(300, 1000))
    time.sleep(context.size(2, 6))
    context.judge('counting descendants', 1.5)
    other.socket.close()
    client.remove('/many')
    client.close()


def case_watches(context):
    """Watches on very many paths by one connection, which then goes."""
    count = context.size(150000, 1000000)
    client = Client(context.port, timeout=20000)
    step = 25000
    for start in range(0, count, step):
        paths = b''.join(text('/watched/%07d' % n) for n in range(start, start + step))
        error, _ = client.ask(SETW, i64(1 << 60) + i32(0) + i32(step) + paths + i32(0))
        expect(error == 0, 'setting %d watches: %d' % (step, error))
    client.ask(CREATE, create('/watched'))
    expect(client.ask(EXISTS, text('/watched') + b'\0')[0] == 0, 'the watcher is served')
    client.socket.close()
    context.judge('watches', 1.5)
    helper = Client(context.port)
    helper.remove('/watched')
    helper.close()


def case_idle(context):
    """Ten thousand idle connections with sessions, and as many without, half of them half-open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = context.size(3000, 10000)
    count = min(wanted, hard - 300)
    if count < wanted:
        context.note('only %d connections: the limit of descriptors is %d' % (count, hard))
    before = context.server.memory()
    sockets = []
    for number in range(count):
        client = socket.socket()
        client.connect(('127.0.0.1', context.port))
        client.send(greeting(10000) if number % 2 else b'\0\0\1')
        sockets.append(client)
    time.sleep(1)
    for client in sockets[1:200:2]:
        client.settimeout(20)
        expect(len(client.recv(100)) > 20, 'an idle connection gets no session')
    context.note('%d connections take %.1f kB each' % (
        count, (context.server.memory() - before) / count))
    for client in sockets[:count // 2]:
        client.shutdown(socket.SHUT_WR)
    context.judge('idle connections', 1)
    for client in sockets:
        client.close()


def case_slow(context):
    """A request of a megabyte one byte at a time, and clients that read nothing of their replies."""
    client = Client(context.port, timeout=20000)
    client.ask(CREATE, create('/slow', b'x' * 900000))
    lazy = [Client(context.port, timeout=20000, buffer=4096) for _ in range(10)]
    for other in lazy:
        other.socket.settimeout(0.2)
        try:
            other.send(packet(GET, text('/slow') + b'\0') * 30000)
        except OSError:
            pass
    before = context.server.memory()
    slow = Client(context.port, timeout=20000)
    data = packet(SET, text('/slow') + text(b'y' * 2000) + i32(-1))
    for byte in data:
        slow.send(bytes([byte]))
    expect(slow.reply()[0] == 0, 'a request that came byte by byte')
    expect(context.server.memory() < 400 << 10, 'clients that do not read take memory: %d kB, then %d'
           % (before, context.server.memory()))
    for other in lazy:
        other.socket.close()
    client.remove('/slow')
    client.close()


def case_flood(context):
    """More connections from one address than `maxClientCnxns`; clients that come and go."""
    server = Server(context.folder, 'flood', maxClientCnxns=20)
    try:
        first = Client(server.port)
        for _ in range(context.size(3000, 50000)):
            client = socket.socket()
            client.connect(('127.0.0.1', server.port))
            client.close()
        kept = []
        for _ in range(200):
            client = socket.socket()
            client.connect(('127.0.0.1', server.port))
            kept.append(client)
        expect(first.ask(PING, xid=-2)[0] == 0, 'who was there first is served')
        closed = 0
        for client in kept:
            client.settimeout(0.05)
            try:
                closed += client.recv(1) == b''
            except ConnectionError:
                closed += 1
            except OSError:
                pass
        expect(closed >= 180, 'only %d of 200 connections were refused' % closed)
        for client in kept:
            client.close()
        time.sleep(0.3)
        Client(server.port).close()
        server.check()
    finally:
        server.stop()
    for _ in range(context.size(500, 20000)):
        client = socket.socket()
        client.connect(('127.0.0.1', context.port))
        client.send(greeting())
        client.close()


def case_pages(context):
    """Random bytes and endless requests for the administration's ports; words cut short."""
    dice = random.Random(context.seed)
    for _ in range(context.size(300, 5000)):
        for port in (context.server.admin, context.server.metrics):
            page = socket.create_connection(('127.0.0.1', port), 5)
            data = dice.randbytes(dice.choice([1, 10, 500, 9000]))
            if dice.random() < 0.7:
                data = dice.choice([
                    b'GET /%s HTTP/1.1\r\n\r\n' % data[:20].hex().encode(),
                    b'GET /commands/%%%x?%%=%%&&= HTTP/1.1\n\n' % data[0], b'GET ' + b'/' * 9000,
                    b'POST /commands/stat HTTP/1.1\r\n\r\n', b'GET  HTTP/1.1\r\n\r\n', b'\n\n',
                    b'GET /commands/watches_by_path HTTP/1.0\r\n' + data + b'\r\n\r\n'])
            try:
                page.sendall(data[:dice.randrange(1, len(data) + 1)])
                page.shutdown(socket.SHUT_WR)
                page.recv(1000)
            except OSError:
                pass
            page.close()
    endless = [socket.create_connection(('127.0.0.1', context.server.admin), 5) for _ in range(2)]
    until, block = time.monotonic() + 2, b'GET /' * 200000
    for page in endless:
        page.settimeout(0.05)
    while time.monotonic() < until:
        for page in endless:
            try:
                page.send(block)
            except OSError:
                pass
    idle = [socket.create_connection(('127.0.0.1', context.server.admin), 5) for _ in range(100)]
    context.judge('endless heads', 1)
    for page in endless + idle:
        page.close()
    words = 'conf cons crst dirs dump envi gtmk isro mntr ruok srst srvr stat stmk wchc wchp wchs hash'
    for word in words.split():
        for cut in range(1, 5):
            client = socket.create_connection(('127.0.0.1', context.port), 5)
            client.send(word[:cut].encode())
            if word == 'stmk':
                client.send(b'\0\0\0')
            if dice.random() < 0.5:
                client.shutdown(socket.SHUT_WR)
                client.recv(1 << 16)
            client.close()
    client = socket.create_connection(('127.0.0.1', context.server.admin), 5)
    client.send(b'GET /commands/ruok HTTP/1.0\r\n\r\n')
    expect(b'200' in client.recv(100), 'the administration answers after all that')
    client.close()


CASES = {name[5:]: case for name, case in list(globals().items()) if name.startswith('case_')}
