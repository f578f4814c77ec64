"""Random sequences of what clients do, from a seed: data, so that they can be repeated under
another root and made shorter. A sequence is a list of steps:

  ('request', slot, opcode, xid, body)     xid None: the next of the connection
  ('burst', slot, [(opcode, xid, body)])   sent at once, answered in order
  ('drop', slot)                           the connection is cut; the session lives on
  ('steal', slot)                          a second connection takes the session over
  ('bad password', slot)                   a second connection tries to
  ('ahead', slot)                          ... and claims to have seen a zxid that never was
  ('close', slot)                          closeSession
  ('expire', live)                         a session with ephemerals is silent until it expires
  ('raw', slot, bytes)                     bytes that are no frame
  ('connect', bytes)                       a first packet of a connection

A slot is a client; it connects when it is first used and again whenever it has no connection.
ROOT in the bodies stands for the sequence's own root, which has the same length.
"""
import base64
import hashlib
import random

from oddities import oddity
from wire import (CODES, I, L, MULTI_END, OPEN, acl, boolean, buffer, connect_request,
                  multi_header, vector)

ROOT = b'/s@@@@@'
SLOTS = 3
USERS = [b'ann:one', b'bob:two', b'cy:three']
SUPER = b'super:secret'


def digest_id(credentials):
    user = credentials.split(b':', 1)[0]
    return user + b':' + base64.b64encode(hashlib.sha1(credentials).digest())


ODD_PATHS = [
    b'', b'/', b'x', b'x/y', ROOT + b'/', ROOT + b'//x', ROOT + b'/.', ROOT + b'/..',
    ROOT + b'/a/../b', ROOT + b'/./a', ROOT + b'/\0', ROOT + b'/a\0b', ROOT + b'/\1',
    ROOT + b'/\x1f', ROOT + b'/\x7f', '\u009f'.encode(), ROOT + '/\u0080'.encode(),
    ROOT + '/\u00e9\u4e2d'.encode(), ROOT + b'/\xed\xa0\x80', ROOT + '/\uf8ff'.encode(),
    ROOT + '/\ue000'.encode(), ROOT + '/\uf900'.encode(), ROOT + '/\uffef'.encode(),
    ROOT + '/\ufff0'.encode(), ROOT + '/\U0001f600'.encode(), ROOT + b'/\xff\xfe',
    ROOT + b'/ ', ROOT + b'/...', None, b'/zookeeper', b'/zookeeper/config', b'/zookeeper/quota',
    b'/zookeeper/none', b'/none/x', b'//', ROOT + b'/a//', ROOT + b'/a/b/c/d/e']

BAD_ACLS = [
    None, [], [(31, 'foo', 'x')], [(31, 'world', 'somebody')], [(31, 'auth', '')],
    [(31, 'auth', 'ignored')], [(31, 'digest', 'nocolon')], [(31, 'digest', 'a:b:c')],
    [(31, 'digest', '')], [(31, 'ip', 'nonsense')], [(31, 'ip', '127.0.0.1/99')],
    [(31, 'ip', '127.0.0.1/x')], [(31, 'ip', '1.2.3')], [(31, 'ip', '::1')], [(31, 'ip', '')],
    [(31, 'super', '')], [(31, 'sasl', 'someone')], [(31, 'x509', 'CN=a')], [(31, None, None)],
    [(31, 'world', None)], [(31, '', '')], [(31, 'world', 'anyone'), (31, 'foo', 'x')],
    [(31, 'ip', '127.0.0.1/-1')], [(31, 'ip', '256.0.0.1')]]

LIMITS = [
    b'count=3,bytes=50', b'count=-1,bytes=20', b'count=4,bytes=-1',
    b'count=-1,bytes=-1=;byteHardLimit=60;countHardLimit=5',
    b'count=2,bytes=-1=;byteHardLimit=-1;countHardLimit=4',
    b'count=-1,bytes=10=;byteHardLimit=30;countHardLimit=-1']


class Generator:
    """Makes one sequence; it guesses what exists, and is often right."""

    def __init__(self, seed, has_ttl, mixes_modes):
        self.random = random.Random(seed)
        self.has_ttl = has_ttl
        # Whether one path of one connection may have one-shot and persistent watches.
        self.mixes_modes = mixes_modes
        self.modes = {}
        self.current = 0
        # What probably exists: path to [is ephemeral, creations below].
        self.tree = {ROOT: [False, 0]}
        self.watched = []
        self.restricts = self.random.random() < 0.4
        self.watches = self.random.random() < 0.7
        self.quotas = self.random.random() < 0.25
        self.steps = []

    # What requests are made of

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, items):
        return self.random.choice(items)

    def slot(self):
        return self.random.randrange(SLOTS)

    def path(self, odd=0.04):
        """Something that probably exists, or something else."""
        draw = self.random.random()
        if draw < odd:
            return self.pick(ODD_PATHS)
        if draw < 0.35 and self.watched:
            return self.pick(self.watched[-6:])
        if draw < 0.92:
            return self.pick(list(self.tree))
        path = ROOT
        for _ in range(self.random.randint(0, 3)):
            path += b'/' + self.pick([b'a', b'b', b'c', b's0000000001', b's0000000000'])
        return path

    def new_path(self):
        """Something that could be created."""
        draw = self.random.random()
        if draw < 0.04:
            return self.pick(ODD_PATHS)
        if draw < 0.2 and self.watched:
            return self.pick(self.watched[-6:])
        parents = [path for path, (ephemeral, _) in self.tree.items()
                   if not ephemeral and path.count(b'/') < 4] or [ROOT]
        parent = self.pick(parents) if self.chance(0.92) else (self.path(0.01) or b'')
        return parent + b'/' + self.pick([b'a', b'b', b'c', b'd', b's', b'n'])

    def created(self, path, flags):
        """Notes a creation that probably succeeds; the final path."""
        if path is None or path in self.tree and flags not in (2, 3, 6):
            return
        parent = path.rsplit(b'/', 1)[0]
        if parent not in self.tree or self.tree[parent][0] or path.endswith(b'/'):
            return
        if flags in (2, 3, 6):
            path += b'%010d' % self.tree[parent][1]
        self.tree[parent][1] += 1
        self.tree[path] = [flags in (1, 3), 0]

    def deleted(self, path, version):
        """Notes a deletion that probably succeeds."""
        if path in self.tree and path != ROOT and version in (-1, 0) and not any(
                other.startswith(path + b'/') for other in self.tree):
            del self.tree[path]

    def data(self):
        length = self.pick([0, 0, 1, 3, 5, 20, 200])
        if self.chance(0.01):
            length = self.pick([5000, 70000])
        return None if self.chance(0.1) else self.random.randbytes(length)

    def version(self):
        return self.pick([-1] * 6 + [0, 0, 1, 2, 7, -2, 2147483647, -2147483648])

    def acl(self):
        draw = self.random.random()
        if draw < 0.06:
            return acl(self.pick(BAD_ACLS))
        if not self.restricts or draw < 0.5:
            return acl(OPEN)
        entries = []
        for _ in range(self.pick([1, 1, 1, 2, 3])):
            permissions = self.pick([31, 31, 1, 2, 4, 8, 16, 3, 15, 30, 0, 63, -1])
            entries.append((permissions, *self.pick([
                ('world', 'anyone'), ('auth', ''), ('ip', '127.0.0.1'), ('ip', '127.0.0.0/8'),
                ('ip', '10.0.0.0/8'), ('ip', '0.0.0.0/0'), ('ip', '127.0.0.1/32'),
                *[('digest', digest_id(user)) for user in USERS], ('world', 'anyone')])))
        if self.chance(0.2):
            entries += entries[:1]
        return acl(entries)

    def create(self, kind):
        path = self.new_path()
        flags = self.pick([0] * 8 + [1, 1, 2, 2, 3])
        ttl = None
        if kind == 'createContainer':
            flags = 4
        if kind == 'createTTL':
            flags = self.pick([5, 5, 6])
            ttl = self.pick([1000, 1, 1 << 39, 0xffffffffff, 60000] * 3
                            + [0, -1, 0x10000000000, -5, 1 << 62])
        if self.chance(0.03):
            flags = self.pick([-1, 4, 5, 6, 7, 99, 0])
        body = buffer(path) + buffer(self.data()) + self.acl() + I(flags)
        if ttl is not None:
            body += L(ttl)
        if ttl is None or self.has_ttl:
            self.created(path, flags)
        return body

    def may_watch(self, path, mode):
        """Whether the path has watches of that mode only; it will have."""
        return self.mixes_modes or self.modes.setdefault((self.current, path), mode) == mode

    def watch(self, path):
        """Whether to watch; what is watched shall change soon."""
        if not (self.watches and self.chance(0.5)) or not self.may_watch(path, 'one-shot'):
            return boolean(False)
        return self.watched_soon(path)

    def watched_soon(self, path):
        if path and path.startswith(ROOT):
            self.watched += [path, path]
            self.watched.append(path + b'/' + self.pick([b'a', b'b', b'c']))
        return boolean(True)

    def body(self, name):
        if name in ('create', 'create2', 'createContainer', 'createTTL'):
            return self.create(name)
        if name in ('delete', 'check'):
            path, version = self.path(), self.version()
            if name == 'delete':
                self.deleted(path, version)
            return buffer(path) + I(version)
        if name in ('exists', 'getData', 'getChildren', 'getChildren2'):
            path = self.new_path() if name == 'exists' and self.chance(0.3) else self.path()
            return buffer(path) + self.watch(path)
        if name == 'setData':
            path = self.path()
            # Limits that are none end Apache for good.
            data = self.pick(LIMITS) if path and b'/zookeeper_' in path else self.data()
            return buffer(path) + buffer(data) + I(self.version())
        if name in ('getACL', 'sync', 'getEphemerals', 'getAllChildrenNumber'):
            return buffer(self.path())
        if name == 'setACL':
            return buffer(self.path()) + self.acl() + I(self.version())
        if name in ('checkWatches', 'removeWatches'):
            return buffer(self.path(odd=0)) + I(self.pick([1, 2, 3, 3, 1, 2, 3, 0, 4, 5, -1, 9]))
        if name == 'addWatch':
            mode = self.pick([0, 1] * 6 + [2, -1])
            for _ in range(20):
                path = self.path()
                if mode not in (0, 1) or self.may_watch(path, mode):
                    break
            else:
                mode = 2
            self.watched_soon(path)
            return buffer(path) + I(mode)
        if name in ('setWatches', 'setWatches2'):
            # Every watch is told of what happened since: 0 is the beginning, the other the end.
            modes = ['one-shot'] * 3 + ([0, 1] if name == 'setWatches2' else [])
            lists = [[path for path in [self.path() for _ in range(self.random.randrange(3))]
                      if self.may_watch(path, mode)] for mode in modes]
            for paths in lists[:2]:
                for path in paths:
                    self.watched_soon(path)
            return L(self.pick([0, 1 << 40, 1 << 40])) + b''.join(
                vector(paths, buffer) for paths in lists)
        if name == 'auth':
            return I(0) + self.credentials()
        if name == 'sasl':
            return buffer(self.pick([b'', b'token', None]))
        if name == 'reconfig':
            return buffer(self.pick([None, b'server.1=127.0.0.1:1:2;3'])) + buffer(None) \
                + buffer(None) + L(-1)
        if name == 'multi':
            return self.multi()
        if name == 'multiRead':
            return self.multi_read()
        if name == 'deleteContainer':
            return buffer(self.path())
        if name == 'createSession':
            return I(30000)
        return b''

    def credentials(self):
        if self.chance(0.12):
            return self.pick([
                buffer('foo') + buffer(b'x'), buffer('world') + buffer(b'anyone'),
                buffer('digest') + buffer(None), buffer(None) + buffer(b'x'),
                buffer('sasl') + buffer(b'x'), buffer('super') + buffer(b''),
                buffer('auth') + buffer(b'')])
        if self.chance(0.15):
            return self.pick([
                buffer('ip') + buffer(b'1.2.3.4'), buffer('digest') + buffer(b'nocolon'),
                buffer('digest') + buffer(b'a:b:c'), buffer('digest') + buffer(b''),
                buffer('digest') + buffer(b':'), buffer('digest') + buffer(b'super:wrong'),
                buffer('digest') + buffer(SUPER)])
        return buffer('digest') + buffer(self.pick(USERS))

    def multi(self):
        parts = []
        for _ in range(self.pick([0, 1, 1, 2, 2, 3, 4, 6])):
            name = self.pick(['create'] * 4 + ['create2', 'createContainer', 'createTTL']
                             + ['delete'] * 2 + ['setData'] * 3 + ['check'] * 2)
            if self.chance(0.02):
                name = self.pick(['getData', 'exists', 'setACL', 'multi', 'closeSession', 'error'])
            body = self.body(name) if name != 'multi' else MULTI_END
            error = self.pick([-1] * 20 + [0, 5])
            parts.append(multi_header(CODES[name], error=error) + body)
        return b''.join(parts) + MULTI_END

    def multi_read(self):
        parts = []
        for _ in range(self.pick([0, 1, 2, 3, 5])):
            name = self.pick(['getData', 'getChildren'])
            if self.chance(0.03):
                name = self.pick(['exists', 'getChildren2', 'delete', 'check', 'getACL'])
            parts.append(multi_header(CODES[name]) + self.body(name))
        return b''.join(parts) + MULTI_END

    def mutated(self, body):
        """Cut short, a length made hostile, a byte changed, something added."""
        kind = self.random.randrange(5)
        if kind == 0 or not body:
            return body[:self.random.randrange(len(body) + 1)]
        if kind == 1:
            return I(self.pick([-2, -1, 0x7fffffff, 1 << 20, -(1 << 31), 2000000])) + body[4:]
        if kind == 2:
            place = self.random.randrange(len(body))
            return body[:place] + bytes([self.random.randrange(256)]) + body[place + 1:]
        if kind == 3:
            return body + self.random.randbytes(self.random.randrange(1, 9))
        place = self.random.randrange(len(body) + 1)
        return body[:place] + body[place + self.random.randrange(1, 5):]

    # Steps

    NAMES = (['create'] * 14 + ['create2'] * 6 + ['createContainer'] * 3 + ['createTTL'] * 4
             + ['delete'] * 9 + ['exists'] * 7 + ['getData'] * 7 + ['setData'] * 10
             + ['getACL'] * 3 + ['setACL'] * 4 + ['getChildren'] * 4 + ['getChildren2'] * 5
             + ['sync', 'ping', 'whoAmI', 'sasl'] + ['multi'] * 8 + ['multiRead'] * 3
             + ['checkWatches'] * 2 + ['removeWatches'] * 3 + ['auth'] * 4
             + ['setWatches', 'setWatches2'] * 2 + ['getEphemerals'] * 2
             + ['getAllChildrenNumber'] * 2 + ['addWatch'] * 4 + ['reconfig'])

    def request(self):
        draw = self.random.random()
        if draw < 0.012:
            opcode = self.pick([10, 23, 99, 108, 999, -2, 1 << 30, -(1 << 31), 0, 0, -1, -1])
            return opcode, None, self.random.randbytes(self.random.randrange(12))
        if draw < 0.03:
            name = self.pick(['deleteContainer', 'createSession', 'deleteContainer'])
            return CODES[name], None, self.body(name)
        name = self.pick(self.NAMES)
        body = self.body(name)
        # A mutated watch or time-out would be as good as any; a mutated createSession could be a
        # session of no time at all.
        if self.chance(0.04) and b'/zookeeper_' not in body and (
                self.mixes_modes or name not in ('addWatch', 'setWatches2')):
            body = self.mutated(body)
        xid = {'ping': -2, 'auth': -4, 'setWatches': -8, 'setWatches2': -8}.get(name)
        if self.chance(0.01) and name != 'ping':
            xid = self.pick([0, -8, -4, -5, 2147483647, -2147483648])
        return CODES[name], xid, body

    def quota(self):
        """Limits below /zookeeper/quota, as zkCli's setquota makes them."""
        target = self.pick([ROOT, ROOT, ROOT + b'/a'])
        place = b'/zookeeper/quota' + target
        slot = self.slot()
        at = [b'/zookeeper/quota' + ROOT] + ([place] if target != ROOT else [])
        for path in at:
            yield slot, CODES['create'], buffer(path) + buffer(b'') + acl(OPEN) + I(0)
        if self.chance(0.85):
            yield slot, CODES['create'], buffer(place + b'/zookeeper_stats') \
                + buffer(b'count=0,bytes=0') + acl(OPEN) + I(0)
        yield slot, CODES['create'], buffer(place + b'/zookeeper_limits') \
            + buffer(self.pick(LIMITS)) + acl(OPEN) + I(0)
        self.tree[place + b'/zookeeper_stats'] = [False, 0]
        self.tree[place + b'/zookeeper_limits'] = [False, 0]

    def special(self):
        slot = self.slot()
        draw = self.random.random()
        if draw < 0.22:
            return [('drop', slot)]
        if draw < 0.34:
            return [('steal', slot)]
        if draw < 0.44:
            return [('bad password', slot)]
        if draw < 0.52:
            return [('ahead', slot)]
        if draw < 0.72:
            return [('close', slot)]
        if draw < 0.80:
            return [('raw', slot, self.pick([
                I(0), I(-1), I(0x7fffffff), I(1 << 20), I(4) + I(1), I(7) + b'1234567',
                b'ruok', I(-(1 << 31))]))]
        first = self.pick([
            connect_request(read_only=None), connect_request(read_only=True),
            connect_request(timeout=self.pick([-1, 0, 1, 199, 200, 201, 60000, 60001, 1 << 30])),
            connect_request(password=b''), connect_request(password=None),
            connect_request(password=b'x' * 17), connect_request()[:self.random.randrange(45)],
            connect_request() + b'more', connect_request(session=77),
            connect_request(session=77, password=b''), connect_request(session=-1),
            I(5) + connect_request()[4:], I(-1) + connect_request()[4:],
            connect_request(last=-1)])
        return [('connect', first)]

    def sequence(self):
        for name in (b'a', b'b', b'a/a'):
            if self.chance(0.7):
                path = ROOT + b'/' + name
                self.created(path, 0)
                self.steps.append(('request', self.slot(), 1, None, buffer(path)
                                   + buffer(b'') + acl(OPEN) + I(0)))
        if self.quotas:
            self.steps += [('request', slot, opcode, None, body)
                           for slot, opcode, body in self.quota()]
        for _ in range(self.random.randint(20, 60)):
            draw = self.random.random()
            if draw < 0.05:
                self.steps += self.special()
            elif draw < 0.10 and not self.quotas:
                # Apache checks a quota against what is applied, be it all or not.
                self.current = self.slot()
                self.steps.append(('burst', self.current, [
                    self.request_of_a_burst() for _ in range(self.random.randint(2, 6))]))
            else:
                self.current = self.slot()
                self.steps.append(('request', self.current, *self.request()))
        if self.chance(0.06):
            place = self.random.randrange(len(self.steps) + 1)
            self.steps.insert(place, ('expire', self.chance(0.5)))
        return self.steps

    def request_of_a_burst(self):
        """One that leaves the connection open, so that each of the burst is answered."""
        while True:
            opcode, xid, body = self.request()
            if xid is None and opcode in SAFE:
                return opcode, xid, body


# What may stand in a burst: it is answered in order and leaves the connection open, and what
# becomes of it does not depend on whether what stands before it is applied already, as setACL's
# check does.
SAFE = {number for name, number in CODES.items()
        if name not in ('closeSession', 'createSession', 'error', 'notification', 'check', 'auth',
                        'sasl', 'ping', 'setACL')}


def generate(seed, mixes_modes=True, left_out=()):
    """The sequence of a seed; odd ones are for servers that have time-to-live znodes.

    Requests with one of the oddities `left_out` (`null-path`, `ttl-opcode`) are left out.
    """
    steps = Generator(seed, seed % 2 == 1, mixes_modes).sequence()
    if not left_out:
        return steps
    kept = []
    for step in steps:
        if step[0] == 'request' and oddity(step[2], step[4]) in left_out:
            continue
        if step[0] == 'burst':
            step = ('burst', step[1], [request for request in step[2]
                                       if oddity(request[0], request[2]) not in left_out])
        kept.append(step)
    return kept
