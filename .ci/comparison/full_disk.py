"""`compare full-disk`: a Linnaeus server whose disk fills up, on a small tmpfs.

It must end, say why, and have acknowledged nothing that is not there once there is room again.
"""
import os
import signal
import subprocess
import tempfile

from durability import names
from servers import SCRATCH, Server
from wire import Closed, Connection, I, Malformed, OPEN, Silence, acl, buffer, connect_request


def add_arguments(parser):
    parser.add_argument('--rounds', type=int, default=3)


def main(arguments):
    os.makedirs(SCRATCH, exist_ok=True)
    folder = tempfile.mkdtemp(prefix='full-', dir=SCRATCH)
    if os.geteuid() != 0 or mount(folder, '-o', 'size=3m').returncode != 0:
        os.rmdir(folder)
        print('full-disk: no tmpfs can be mounted here; nothing was checked')
        return 0
    problems, acknowledged = [], set()
    # Without forceSync too: a write that fails is a failure all the same.
    settings = [{'forceSync': 'yes'}, {'forceSync': 'no'}, {'preAllocSize': '512'}]
    try:
        for number in range(arguments.rounds):
            server = Server('linnaeus', settings[number % len(settings)], folder)
            remount(folder, 3 * (number + 1))
            server.start().wait()
            fill(server, number, acknowledged)
            code = server.process.wait(10)
            if code == 0:
                problems.append('round %d: the server ended as if all were well' % number)
            if 'No space left' not in server.log_tail():
                problems.append('round %d: the log does not say why' % number)
            server.end()
            remount(folder, 3 * (number + 1) + 2)
            server.start().wait()
            lost = acknowledged - names(server.address)
            problems += ['round %d: %s is lost' % (number, name) for name in sorted(lost)[:5]]
            acknowledged |= names(server.address)
            server.end(signal.SIGTERM)
    finally:
        subprocess.run(['umount', '-l', folder], check=False)
        os.rmdir(folder)
    print('full-disk: %d times full, %d writes acknowledged, %d problems' % (
        arguments.rounds, len(acknowledged), len(problems)))
    for text in problems[:20]:
        print('  ' + text)
    return 1 if problems else 0


def mount(folder, *options):
    return subprocess.run(['mount', '-t', 'tmpfs', *options, 'tmpfs', folder],
                          stderr=subprocess.DEVNULL, check=False)


def remount(folder, megabytes):
    subprocess.run(['mount', '-o', 'remount,size=%dm' % megabytes, folder], check=True)


def fill(server, number, acknowledged):
    """Creates until the server closes the connection."""
    client = Connection(server.address)
    client.send(connect_request())
    client.receive()
    count, unanswered = 0, 0
    try:
        while count < 100_000:
            while unanswered < 50:
                count += 1
                unanswered += 1
                name = b'/f%d-%d' % (number, count)
                client.send(I(count) + I(1) + buffer(name) + buffer(b'x' * 1000) + acl(OPEN)
                            + I(0))
            frame = client.receive(5)
            unanswered -= 1
            acknowledged.add(frame[21:])
    except (Closed, Silence, Malformed, OSError):
        pass
    client.close()
