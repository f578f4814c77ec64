"""`compare golden`: the requests of golden.py, whose replies Apache 3.8.0 gave for the record."""
import json
import os
import struct
import subprocess
import sys

from differ import known_differences
from servers import SCRATCH, Server
from side import Side

# What golden.py says besides the replies that it writes down.
SAID = ('bad password: closed after reply', 'resume same id True True timeout 4000',
        'old connection closed: EOFError()', 'client ahead: EOFError()',
        'timeouts clamp 4000 40000', 'after close: EOFError()', 'expired reconnect sid 0 to 0',
        'password formula ok: True')
# The zxid and the time are the run's own, and so is the number of sessions before it.
SETTINGS = {'tickTime': '2000', 'maxSessionTimeout': '40000'}


def add_arguments(parser):
    parser.add_argument('--control', action='store_true', help='Apache against the record of it')


def masked(lines):
    """(name, comparable reply, comparable events) of each line of a recording."""
    side = Side(None)
    side.root, side.labels, side.created, side.times, side.base = b'\0', {0: '0'}, 0, {0: 0}, None
    result = []
    for line in lines:
        entry = json.loads(line)
        request, reply = bytes.fromhex(entry['req']), bytes.fromhex(entry['rep'])
        if entry['op'] == 'connect':
            result.append(('connect', side.read_connect_response(reply, 'session'), []))
            continue
        xid, zxid, error = struct.unpack('>iqi', reply[:16])
        if side.base is None:
            side.base = zxid - 1
        # A relative zxid of a request is of its own run: what follows from it shows in the events.
        answer = side.reply(struct.unpack('>i', request[4:8])[0], xid, zxid, error, reply)
        events = [(event['zxid'], event['type'], event['state'], event['path'])
                  for event in entry['events_before_reply']]
        result.append((entry['op'], answer, events))
    return result


def excused(rules, recorded, ours):
    """Both lines without what differs by design."""
    if 'event-zxid' in rules:
        recorded, ours = [(*line[:2], [event[1:] for event in line[2]])
                          for line in (recorded, ours)]
    if 'exists-acl' in rules and recorded[0] == 'exists noauth' and ours[1][4] == -102:
        ours = recorded
    return recorded, ours


def main(arguments):
    shared = os.environ.get('LINNAEUS_SHARED')
    if not shared:
        print('compare: LINNAEUS_SHARED does not say where golden.py is; nothing was compared')
        return 0
    rules = {} if arguments.control else known_differences()
    server = Server('apache' if arguments.control else 'linnaeus', SETTINGS)
    output = os.path.join(SCRATCH, 'wire-%d.jsonl' % os.getpid())
    try:
        server.start().wait()
        run = subprocess.run(
            [sys.executable, os.path.join(shared, 'tools', 'golden.py'),
             '%s:%d' % server.address, output], capture_output=True, text=True, timeout=120)
        with open(output) as file:
            ours = masked(file)
    finally:
        server.remove()
    os.remove(output)
    with open(os.path.join(shared, 'data', 'golden-3.8.0', 'wire.jsonl')) as file:
        recorded = masked(file)
    different = 0
    for line, other in zip(recorded, ours):
        line, other = excused(rules, line, other)
        if line != other:
            different += 1
            print('DIFFERENT: %s\n  Apache 3.8.0: %r\n  this server : %r' % (
                line[0], line[1:], other[1:]))
    for sentence in SAID:
        if sentence not in run.stdout:
            different += 1
            print('golden.py did not say: ' + sentence)
    if len(ours) != len(recorded):
        different += 1
        print('%d replies in place of %d; golden.py ended with %d:\n%s' % (
            len(ours), len(recorded), run.returncode, run.stderr[-800:]))
    print('golden: %d replies, %d different' % (len(ours), different))
    return 1 if different else 0
