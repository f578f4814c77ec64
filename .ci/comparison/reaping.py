"""`compare reaping`: when both servers remove containers and znodes that outlived their time."""
import time

from random_sequences import SUPER_DIGEST
from servers import Server, start_all
from side import Side
from wire import I, L, OPEN, acl, boolean, buffer

SETTINGS = {'DigestAuthenticationProvider.superDigest': SUPER_DIGEST,
            'extendedTypesEnabled': 'true', 'znode.container.checkIntervalMs': '300'}
LIFE = 400


def add_arguments(parser):
    parser.add_argument('--control', action='store_true', help='Apache against itself')


def story(side):
    """What is there at two moments, each with how many transactions it took.

    They come a second after whatever is due: in between either server may be the quicker one.
    """
    side.clients = []
    side.begin(b'/reaped')
    request = side.control_request

    def create(path, opcode=1, flags=0, ttl=b''):
        return request(opcode, buffer('/reaped' + path) + buffer(b'') + acl(OPEN) + I(flags)
                       + ttl)[0]

    def delete(path):
        return request(2, buffer('/reaped' + path) + I(-1))[0]

    def moment():
        zxid = request(3, buffer('/') + boolean(False))[1] - side.base
        return zxid, sorted(side.descendants(b'/reaped'))

    done = [create('/never used', 19, 4), create('/emptied', 19, 4), create('/emptied/a'),
            delete('/emptied/a'), create('/full', 19, 4), create('/full/a'),
            create('/full/inner', 19, 4), create('/full/inner/a'), delete('/full/inner/a'),
            create('/short', 21, 5, L(LIFE)), create('/short-', 21, 6, L(LIFE)),
            create('/parent', 21, 5, L(LIFE)), create('/parent/a'),
            create('/long', 21, 5, L(1 << 30))]
    yield done
    time.sleep(LIFE / 1000 + 1.5)
    yield moment()
    yield [delete('/full/a'), delete('/parent/a')]
    time.sleep(LIFE / 1000 + 1.5)
    yield moment()


def main(arguments):
    servers = start_all(Server('apache', SETTINGS),
                        Server('apache' if arguments.control else 'linnaeus', SETTINGS))
    try:
        stories = [story(Side(server)) for server in servers]
        problems = 0
        while True:
            moments = [next(one, None) for one in stories]
            if moments[0] is None:
                break
            if moments[0] != moments[1]:
                problems += 1
                print('  Apache     : %r\n  this server: %r' % tuple(moments))
    finally:
        for server in servers:
            server.remove()
    print('reaping: %d differences' % problems)
    return 1 if problems else 0
