"""Starts and ends the servers that are compared, on loopback, each in a folder of its own."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from wire import Closed, Connection, Malformed, Silence, connect_request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRATCH = os.path.join(ROOT, '.build', 'comparison')
JARS = ('zookeeper', 'slf4j-simple', 'netty-codec', 'netty-resolver',
        'netty-transport-native-unix-common', 'netty-transport', 'netty-handler', 'netty-buffer',
        'netty-common', 'netty-transport-native-epoll')
# What the Java flags and the configuration file of a comparison have in common.
BASE = {'tickTime': '100', 'maxSessionTimeout': '60000', 'maxClientCnxns': '0',
        'admin.enableServer': 'false', '4lw.commands.whitelist': '*', 'forceSync': 'no',
        'znode.container.checkIntervalMs': '3600000'}


def apache_is_installed():
    return os.path.exists('/usr/share/java/zookeeper.jar') and shutil.which('java') is not None


def linnaeus_program():
    """The release build; LINNAEUS_PROGRAM names another one."""
    return os.environ.get('LINNAEUS_PROGRAM') or os.path.join(ROOT, '.build/release/linnaeus')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Server:
    """A server process with its data directory."""

    def __init__(self, kind, settings=(), folder=None, prefix=()):
        self.kind = kind
        os.makedirs(SCRATCH, exist_ok=True)
        self.folder = folder or tempfile.mkdtemp(prefix=kind + '-', dir=SCRATCH)
        self.data = os.path.join(self.folder, 'data')
        self.settings = {**BASE, **dict(settings)}
        self.prefix = list(prefix)
        self.process = None
        self.address = None

    def command(self, configuration):
        if self.kind == 'apache':
            path = ':'.join(['/etc/zookeeper/conf']
                            + ['/usr/share/java/%s.jar' % jar for jar in JARS])
            # These are no keys of Apache's configuration file.
            flags = ['-D%s=%s' % item for item in self.settings.items()
                     if item[0].startswith('znode.')]
            return ['java', '-Xmx512m', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true',
                    '-Dfile.encoding=UTF-8', *flags, '-cp', path,
                    'org.apache.zookeeper.server.quorum.QuorumPeerMain', configuration]
        return [linnaeus_program(), 'serve', configuration]

    def start(self):
        os.makedirs(self.data, exist_ok=True)
        port = free_port()
        self.address = ('127.0.0.1', port)
        lines = ['dataDir=' + self.data, 'clientPort=%d' % port, 'clientPortAddress=127.0.0.1']
        lines += ['%s=%s' % item for item in self.settings.items()]
        configuration = os.path.join(self.folder, 'zoo.cfg')
        with open(configuration, 'w') as file:
            file.write('\n'.join(lines) + '\n')
        self.log = open(os.path.join(self.folder, 'log'), 'ab')
        self.log_start = self.log.tell()
        self.process = subprocess.Popen(
            self.prefix + self.command(configuration), stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, start_new_session=True, cwd=self.folder)
        return self

    def wait(self, seconds=40):
        """Until it answers; a refused session costs no zxid."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                connection = Connection(self.address)
                connection.send(connect_request(session=1))
                connection.receive(2)
                connection.close()
                return self
            except (OSError, Closed, Silence, Malformed):
                time.sleep(0.02)
        self.end()
        raise SystemExit('%s does not serve; its log ends:\n%s' % (self.kind, self.log_tail()))

    def log_tail(self):
        with open(os.path.join(self.folder, 'log'), errors='replace') as file:
            return ''.join(file.readlines()[-25:])

    def problems(self):
        """Whether it still runs, and the lines of its log that tell why not."""
        with open(os.path.join(self.folder, 'log'), errors='replace') as file:
            lines = file.readlines()
        grave = [index for index, line in enumerate(lines)
                 if 'unrecoverable' in line or 'Fatal error' in line]
        return '%s, exit %s:\n%s' % (self.kind, self.process.poll(), ''.join(
            lines[grave[0]:grave[0] + 12] if grave else lines[-12:]))

    def end(self, how=signal.SIGTERM):
        if self.process is None:
            return
        if self.process.poll() is None:
            # Its whole group: a tracer that ends leaves what it traced running.
            os.killpg(self.process.pid, how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()
        self.process = None

    def remove(self):
        self.end()
        shutil.rmtree(self.folder, True)


def start_all(*servers):
    """Starts several at once and waits for all of them."""
    for server in servers:
        server.start()
    for server in servers:
        server.wait()
    return servers
