"""Requests that are almost what they should be."""
import random
import socket
import time

from attacker import (
    ADDW, AUTH, CHECK, CHECKW, CHILDREN, CHILDREN2, CLOSE, CONTAINER, COUNT, CREATE, CREATE2,
    DELETE, DELETEC, END, EPHEMERALS, EXISTS, GET, GETACL, MAX, MULTI, MULTIREAD, OPEN, PING,
    RECONFIG, REMOVEW, SASL, SET, SETACL, SETW, SETW2, SUPER, SYNC, TTL, WHOAMI, Client, acl,
    create, expect, greeting, i32, i64, packet, part, text)


HOSTILE = [-1, -2, 0, 1, 4, 0x7fffffff, -0x80000000, MAX, MAX + 1, 0x10000, 0xff, 1 << 28]


def requests(dice, base):
    """Well-formed requests about a few znodes, of every opcode."""
    def path():
        return dice.choice([base, base + '/a', base + '/b', base + '/a/c', base + '/d' * 5,
                            base + '/é', '/', '', base + '/'])
    data = bytes(dice.randrange(256) for _ in range(dice.choice([0, 1, 50, 3000])))
    access = acl(*dice.choice([
        [], [(31, 'auth', '')], [(1, 'ip', '127.0.0.1/33')], [(31, 'digest', 'a:b')],
        [(-1, 'world', 'anyone'), (31, 'sasl', 'x')], [(31, 'ip', '127.0.0.1')]]))
    version = i32(dice.choice([-1, 0, 1, 0x7fffffff]))
    flags = dice.choice([0, 1, 2, 3, 4, 5, 6, 7, -1])
    watch = dice.choice([b'\0', b'\1', b'\2'])
    paths = i32(2) + text(path()) + text(path())
    writes = [
        (CREATE, create(path(), data, flags, access)), (CREATE2, create(path(), data, flags)),
        (CONTAINER, create(path(), data, 4)),
        (TTL, create(path(), data, dice.choice([5, 6])) + i64(dice.choice([1, -1, 1 << 40]))),
        (DELETE, text(path()) + version), (SET, text(path()) + text(data) + version)]
    reads = [(GET, text(path()) + watch), (CHILDREN, text(path()) + watch)]
    every = writes + reads + [
        (EXISTS, text(path()) + watch), (CHILDREN2, text(path()) + watch),
        (GETACL, text(path())), (SETACL, text(base + '/a') + access + version),
        (SYNC, text(path())), (PING, b''), (WHOAMI, b''), (EPHEMERALS, text(path())),
        (COUNT, text(path())), (CHECK, text(path()) + version),
        (CHECKW, text(path()) + i32(dice.randrange(5))),
        (REMOVEW, text(path()) + i32(dice.randrange(5))),
        (ADDW, text(path()) + i32(dice.randrange(-1, 4))),
        (SETW, i64(1) + paths + paths + paths),
        (SETW2, i64(1) + paths * 5), (AUTH, i32(0) + text('digest') + text('u:p')),
        (AUTH, i32(0) + text('ip') + text(data)), (SASL, text(data)),
        (RECONFIG, text('server.1=a') + text('') + text('') + i64(-1)),
        (DELETEC, text(path())), (OPEN, version), (CLOSE, b''), (dice.randrange(-20, 200), data),
        (MULTI, b''.join(part(*dice.choice(writes)) for _ in range(dice.randrange(5))) + END),
        (MULTIREAD, b''.join(part(*dice.choice(reads)) for _ in range(4)) + END)]
    return packet(*dice.choice(every), xid=dice.choice([1, 2, -2, -4, -8, 77]))


def mutate(dice, data):
    """One of the ways in which bytes go wrong; the length at the front fits or does not."""
    body = bytearray(data[4:])
    for _ in range(dice.choice([0, 1, 1, 2, 6])):
        kind, place = dice.randrange(6), dice.randrange(max(1, len(body)))
        if kind == 0 and body:
            body[place % len(body)] ^= 1 << dice.randrange(8)
        elif kind == 1:
            del body[place:]
        elif kind == 2:
            body[place:place + 4] = i32(dice.choice(HOSTILE))
        elif kind == 3:
            body[place:place] = bytes(dice.randrange(256) for _ in range(dice.randrange(9)))
        elif kind == 4:
            body += body[place:]
        else:
            del body[place:place + dice.randrange(1, 9)]
    length = len(body) if dice.random() < 0.9 else dice.choice(HOSTILE + [len(body) + 1])
    return i32(length) + bytes(body)


def mutated_round(context, dice, seconds):
    """Connections that send mutated requests, in one piece, in bits, or spliced with others."""
    base = '/fuzz'
    count, until = 0, time.monotonic() + seconds
    helper = Client(context.port)
    expect(helper.ask(AUTH, i32(0) + text('digest') + text(SUPER), xid=-4)[0] == 0, 'the super user')
    while time.monotonic() < until:
        helper.ask(CREATE, create(base))
        client = Client(context.port, greet=False, patience=5)
        hello = greeting(dice.choice([2000, 0, -1, 0x7fffffff]))
        try:
            client.send(hello if dice.random() < 0.9 else mutate(dice, hello))
            stream = b''.join(mutate(dice, requests(dice, base)) for _ in range(40))
            if dice.random() < 0.2:
                other = b''.join(requests(dice, base) for _ in range(5))
                cut = dice.randrange(len(stream))
                stream = stream[:cut] + other + stream[cut:]
            if dice.random() < 0.1:
                for byte in stream[:300]:
                    client.send(bytes([byte]))
                stream = stream[300:]
            client.send(stream)
            if dice.random() < 0.5:
                client.socket.shutdown(socket.SHUT_WR)
                while client.socket.recv(1 << 16):
                    pass
            count += 40
        except OSError:
            pass
        client.socket.close()
        context.server.check()
    for name in helper.children('/'):
        if name != b'zookeeper' and not name.startswith(b'good-'):
            helper.remove(b'/' + name)
    for name in helper.children('/zookeeper/quota'):
        helper.remove(b'/zookeeper/quota/' + name)
    helper.close()
    return count


def case_mutations(context):
    """Mutated requests, three rounds: the memory after the third is that after the first."""
    figures, total = [], 0
    dice = random.Random(context.seed)
    for number in range(3):
        total += mutated_round(context, dice, context.size(4, 120))
        # The sessions of four ticks must end before memory is compared.
        time.sleep(4)
        figures.append(context.server.memory())
    context.note('%d requests, RssAnon %s kB' % (total, figures))
    # Half a megabyte is what allocating in another order may come to.
    expect(figures[2] <= max(figures[0] * 1.05, figures[0] + 512), 'memory grows: %s kB' % figures)
