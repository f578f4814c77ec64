"""The server under attack, and the good client that it must go on serving."""
import multiprocessing
import os
import signal
import subprocess
import time

from attacker import CREATE, DIGEST, GET, SET, Client, Failure, create, expect, i32, text

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Server:
    def __init__(self, folder, name, **settings):
        self.data = os.path.join(folder, name)
        os.makedirs(self.data, exist_ok=True)
        self.config = os.path.join(folder, name + '.cfg')
        # Sessions of four ticks, so that those of attackers go soon.
        lines = {'tickTime': 500, 'dataDir': self.data, 'clientPort': 0,
                 'clientPortAddress': '127.0.0.1', 'maxClientCnxns': 0,
                 '4lw.commands.whitelist': '*', 'admin.serverPort': 0,
                 'admin.serverAddress': '127.0.0.1', 'extendedTypesEnabled': 'true',
                 'enforceQuota': 'true', 'snapCount': 20000,
                 'DigestAuthenticationProvider.superDigest': DIGEST, **settings}
        with open(self.config, 'w') as file:
            file.writelines('%s=%s\n' % line for line in lines.items())
        self.errors = os.path.join(folder, name + '.log')
        self.start()

    def start(self):
        program = os.environ.get('LINNAEUS_PROGRAM') or os.path.join(
            ROOT, '.build/release/linnaeus')
        begun = time.monotonic()
        with open(self.errors, 'a') as errors:
            self.process = subprocess.Popen(
                [program, 'serve', '--metrics-port', '0', self.config],
                stdout=subprocess.PIPE, stderr=errors)
        line = self.process.stdout.readline().decode()
        expect(line, 'the server does not start: ' + self.tail())
        self.port = int(line.split()[2].rsplit(':', 1)[1])
        pages = [int(w.split('://')[1].split('/')[0].rsplit(':', 1)[1])
                 for w in line.replace(',', ' ').split() if w.startswith('http')]
        self.admin, self.metrics = pages
        Client(self.port).close()
        return time.monotonic() - begun

    def tail(self):
        with open(self.errors, errors='replace') as file:
            return file.read()[-2000:]

    def check(self):
        expect(self.process.poll() is None,
               'the server ended with %s: %s' % (self.process.poll(), self.tail()))

    def memory(self):
        with open('/proc/%d/status' % self.process.pid) as file:
            for line in file:
                if line.startswith('RssAnon'):
                    return int(line.split()[1])

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(120)


def behave(port, pipe):
    """The good client: reads and writes a znode of its own; tells its slowest request."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    client = Client(port, timeout=10000, patience=120)
    path = '/good-%d' % os.getpid()
    client.ask(CREATE, create(path, b'good'))
    slowest, count, value, problem = 0.0, 0, b'good', None
    while True:
        if pipe.poll(0.002):
            if pipe.recv() == 'end':
                break
            pipe.send((slowest, count, problem))
            slowest, count, problem = 0.0, 0, None
        try:
            begun = time.monotonic()
            error, body = client.ask(GET, text(path) + b'\0')
            if error != 0 or body[4:4 + len(value)] != value:
                problem = 'read %r (error %d) in place of %r' % (body[:20], error, value)
            value = b'%d' % count
            error, _ = client.ask(SET, text(path) + text(value) + i32(-1))
            if error != 0:
                problem = 'error %d' % error
            slowest, count = max(slowest, time.monotonic() - begun), count + 1
        except (OSError, EOFError) as error:
            problem = 'its connection broke: %r' % error
            pipe.poll(None)
            pipe.recv()
            pipe.send((slowest, count, problem))
            return
    client.close()


class Witness:
    def __init__(self, port):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=behave, args=(port, other), daemon=True)
        self.process.start()

    def figures(self):
        self.pipe.send('figures')
        return self.pipe.recv()

    def end(self):
        self.pipe.send('end')
        self.process.join(10)


class Context:
    def __init__(self, arguments, folder):
        self.long, self.seed, self.folder = arguments.long, arguments.seed, folder
        self.server = Server(folder, 'main')
        self.port, self.notes = self.server.port, []
        self.witness = Witness(self.port)

    def size(self, short, long):
        return long if self.long else short

    def note(self, line):
        self.notes.append(line)

    def settle(self):
        """What came before, such as filling the tree, is not what is judged."""
        time.sleep(0.2)
        self.witness.figures()

    def judge(self, what, seconds=1.0):
        time.sleep(0.2)
        self.server.check()
        slowest, count, problem = self.witness.figures()
        expect(problem is None, '%s: the good client: %s' % (what, problem))
        expect(slowest <= seconds, '%s: the good client waited %.2f s' % (what, slowest))
        expect(count, '%s: the good client did nothing' % what)
        self.note('%s: the slowest of %d good requests took %.0f ms' % (what, count, slowest * 1000))

    def restart(self):
        self.judge('before the restart', 3)
        self.witness.end()
        self.server.stop(signal.SIGKILL)
        seconds = self.server.start()
        self.note('started again in %.2f s' % seconds)
        self.port = self.server.port
        self.witness = Witness(self.port)
