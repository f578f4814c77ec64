"""`compare random`: pairs of servers, each with settings of its own, and sequences for them."""
import base64
import hashlib
import time

from coverage import Coverage
from differ import Comparison, known_differences
from sequences import SUPER
from servers import Server, start_all
from wire import Closed, Silence

SUPER_DIGEST = 'super:' + base64.b64encode(hashlib.sha1(SUPER).digest()).decode()
# By the rest of the seed divided by two.
SETTINGS = [
    {'DigestAuthenticationProvider.superDigest': SUPER_DIGEST},
    {'DigestAuthenticationProvider.superDigest': SUPER_DIGEST, 'extendedTypesEnabled': 'true',
     'enforceQuota': 'true'},
]

# So many sequences meet everything; of fewer nobody expects it.
ENOUGH = 200


def add_arguments(parser):
    parser.add_argument('--sequences', type=int, default=200)
    parser.add_argument('--seed', type=int, default=1, help='the first; the others follow')
    parser.add_argument('--control', action='store_true',
                        help='Apache against itself, where nothing at all may differ')
    parser.add_argument('--stop-after', type=int, default=20, metavar='N',
                        help='kinds of differences')


def main(arguments):
    started = time.monotonic()
    rules = {} if arguments.control else known_differences()
    kinds = ('apache', 'apache' if arguments.control else 'linnaeus')
    servers = [[Server(kind, settings) for kind in kinds] for settings in SETTINGS]
    coverage, found, failed = Coverage(), {}, 0
    try:
        start_all(*[server for pair in servers for server in pair])
        comparisons = [Comparison(*pair, rules) for pair in servers]
        for comparison in comparisons:
            comparison.coverage, comparison.found = coverage, found
        seeds = range(arguments.seed, arguments.seed + arguments.sequences)
        print('seeds %d to %d, %s against %s' % (seeds[0], seeds[-1], *kinds), flush=True)
        for seed in seeds:
            try:
                if not comparisons[seed % len(comparisons)].sequence(seed):
                    failed += 1
            except (Closed, Silence):
                print('seed %d: a server ended its work' % seed)
                for server in servers[seed % len(comparisons)]:
                    print(server.problems())
                return 1
            if len(found) >= arguments.stop_after:
                print('stopped after %d kinds of differences' % len(found))
                break
    finally:
        for pair in servers:
            for server in pair:
                server.remove()
    missing = coverage.report()
    for what, seeds_of_it in sorted(found.items()):
        print('%4d x %s (seeds %s)' % (len(seeds_of_it), what, ', '.join(
            map(str, seeds_of_it[:5]))))
    if missing:
        print('never met: ' + '; '.join(missing))
    print('%d sequences, %d with differences, %.0f s' % (
        arguments.sequences, failed, time.monotonic() - started))
    return 1 if failed or missing and arguments.sequences >= ENOUGH else 0
