"""`compare exchange`: each server starts on the data directory that the other left, and finds the
same tree, the same digest and the sessions alive."""
import re
import signal
import struct

import sequences
from random_sequences import SUPER_DIGEST
from servers import Server
from side import Side
from wire import Closed, Malformed, Reader, Silence, boolean, buffer

# Few transactions to a snapshot, so that logs and snapshots are both met.
SETTINGS = {'DigestAuthenticationProvider.superDigest': SUPER_DIGEST, 'snapCount': '60',
            'extendedTypesEnabled': 'true', 'forceSync': 'yes'}


def add_arguments(parser):
    parser.add_argument('--rounds', type=int, default=6, help='how often the server changes')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--control', action='store_true', help='Apache and Apache')


def populate(side, seeds):
    """Runs sequences without clearing up; the sessions that they leave, with their passwords."""
    sessions = []
    for seed in seeds:
        side.begin(b'/s%05d' % seed)
        for step in sequences.generate(seed, left_out={'ttl-opcode', 'null-path'}):
            # Containers and sessions that a client makes as a request are logged as they are.
            if step[0] != 'expire':
                side.start(step)
                side.end(step)
        for client in side.clients:
            if client.session and client.connection is not None:
                sessions.append((client.session, client.password))
                side.lose(client)
    return sessions


def dump(side):
    """Everything that a client can see: path to data, access-control list and Stat, as bytes."""
    tree = {}
    for path in side.descendants(b'/'):
        data = side.control_request(4, buffer(path) + boolean(False))
        acl = side.control_request(6, buffer(path))
        tree[path] = (data[0], data[2], acl[0], acl[2][:-68])
    return tree


def control(side):
    side.control = None
    side.begin(b'/control')
    side.control_request(2, buffer('/control') + struct.pack('>i', -1))
    return side


def revive(side, sessions):
    """How many of the sessions are no longer alive."""
    dead = 0
    for session, password in sessions:
        client = side.clients[0].__class__()
        client.session, client.password = session, password
        try:
            answer = side.connect(client, 'revived')
        except (Closed, Silence, Malformed, OSError):
            answer = ('failed',)
        if answer[0] != 'connected' or answer[2] == '0':
            dead += 1
        else:
            side.lose(client)
    return dead


def compare_trees(before, after):
    """The differences, in words."""
    result = ['%s is missing' % path for path in sorted(before.keys() - after.keys())]
    result += ['%s is new' % path for path in sorted(after.keys() - before.keys())]
    for path in sorted(before.keys() & after.keys()):
        if before[path] != after[path]:
            one, other = before[path], after[path]
            result.append('%s differs: data %s, list %s\n    %r\n    %r' % (
                path, one[:2] == other[:2], one[2:] == other[2:],
                stat_of(one), stat_of(other)))
    return result


def stat_of(node):
    return Reader(node[1][-68:]).stat() if node[0] == 0 else node[0]


def main(arguments):
    kinds = ('apache', 'apache' if arguments.control else 'linnaeus')
    folder, before, problems, sessions = None, None, [], []
    for number in range(arguments.rounds):
        kind = kinds[number % 2]
        server = Server(kind, SETTINGS, folder=folder)
        folder = server.folder
        server.start().wait()
        side = Side(server)
        try:
            # The dump comes first: the control session of this round is not in the tree.
            side.clients = []
            control(side)
            if before is not None:
                after = dump(side)
                after.pop(b'/control', None)
                # Making and removing /control changed the root, in which nothing else may differ.
                differences = [text for text in compare_trees(before, after)
                               if not text.startswith("b'/' differs")]
                dead = revive(side, sessions)
                print('round %d, %s on what %s wrote: %d znodes, %d differences, %d of %d sessions '
                      'dead' % (number, kind, kinds[(number - 1) % 2], len(after),
                                len(differences), dead, len(sessions)), flush=True)
                problems += differences + ['%d dead sessions' % dead] * bool(dead)
                for text in differences[:5]:
                    print('  ' + text)
            first = arguments.seed + 2 * number
            sessions = populate(side, range(first, first + 8))
            before = dump(side)
            before.pop(b'/control', None)
            side.close_session(side.control)
        finally:
            how = signal.SIGKILL if number % 3 == 2 else signal.SIGTERM
            problems += mismatches(server)
            server.end(how)
    Server('apache', folder=folder).remove()
    print('exchange: %d rounds, %d problems' % (arguments.rounds, len(problems)))
    return 1 if problems else 0


def mismatches(server):
    """What the server said, while it started, of digests that are not those of log and snapshot.

    Apache's own digests go wrong while it runs (a failed multi after a create is one way), which it
    says on another thread.
    """
    with open(server.folder + '/log', errors='replace') as file:
        file.seek(server.log_start)
        lines = [line.strip() for line in file
                 if re.search('[Dd]igest', line) and re.search('not match|mismatch|differ', line)
                 and 'SyncThread' not in line]
    for line in lines[:3]:
        print('  %s says: %s' % (server.kind, line[:300]))
    return lines
