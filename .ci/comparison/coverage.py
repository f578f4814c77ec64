"""What the sequences met: operations, errors, and which kinds of watches fired."""
import collections

from wire import CODES, ERRORS, EVENTS, OPCODES, Malformed, Reader

# What a client of one server can be told; the rest of section 2.6 belongs to ensembles, to SASL, to
# throttling and to clients themselves. -112 is a connect response without a session.
ERRORS_MET = (0, -2, -5, -6, -8, -101, -102, -103, -108, -110, -111, -112, -114, -115, -121, -123,
              -125)
OPCODES_MET = tuple(number for number in OPCODES if number != CODES['check'])
WATCHES_MET = (
    ('data', 2), ('data', 3), ('exist', 1), ('exist', 2), ('exist', 3), ('child', 2), ('child', 4),
    ('persistent', 1), ('persistent', 2), ('persistent', 3), ('persistent', 4), ('recursive', 1),
    ('recursive', 2), ('recursive', 3))


class Coverage:
    """What was met, as the first server answered it."""

    def __init__(self):
        self.opcodes = collections.Counter()
        self.errors = collections.Counter()
        self.watches = collections.Counter()
        self.excused = collections.Counter()

    def report(self):
        """Prints all of it; the list of what was never met."""
        def row(title, counter, keys, name):
            print('%s: %s' % (title, ', '.join('%s %d' % (name(key), counter[key])
                                               for key in keys)))
            return ['%s %s' % (title, name(key)) for key in keys if not counter[key]]
        missing = row('opcodes', self.opcodes, OPCODES_MET + ('unknown', 'in multi: check'),
                      lambda key: OPCODES.get(key, key))
        missing += row('errors', self.errors, ERRORS_MET, lambda key: '%s (%d)' % (
            ERRORS[key], key))
        missing += row('watch events', self.watches, WATCHES_MET,
                       lambda key: '%s %s' % (key[0], EVENTS[key[1]]))
        print('differences by design: %s' % (', '.join(
            '%s %d' % item for item in sorted(self.excused.items())) or 'none'))
        return missing


class Watches:
    """What the clients have set, so far as it tells which kind an event belongs to."""

    def __init__(self):
        self.set = collections.defaultdict(set)

    def note(self, slot, opcode, body, error, fired):
        """A request that was answered, after events of the paths `fired`."""
        name = OPCODES.get(opcode)
        try:
            if name in ('exists', 'getData', 'getChildren', 'getChildren2') and body[-1] \
                    and (not error or name == 'exists' and error == -101):
                kind = {'exists': 'exist', 'getData': 'data'}.get(name, 'child')
                self.set[slot].add((kind, Reader(body).buffer()))
            if name in ('setWatches', 'setWatches2') and not error:
                reader = Reader(body)
                reader.long()
                for kind in ('data', 'exist', 'child', 'persistent', 'recursive')[
                        :3 if name == 'setWatches' else 5]:
                    # A one-shot watch that is told of something at once is not set.
                    self.set[slot] |= {
                        (kind, path) for path in reader.vector(Reader.buffer)
                        if path not in fired or kind in ('persistent', 'recursive')}
            if name == 'removeWatches' and not error:
                path = Reader(body).buffer()
                self.set[slot] = {watch for watch in self.set[slot] if watch[1] != path}
            if name == 'addWatch' and not error:
                self.set[slot].add((('persistent', 'recursive')[body[-1]], Reader(body).buffer()))
        except (Malformed, IndexError):
            pass

    def has(self, slot, body):
        """Whether the client has a watch for which a checkWatches asks."""
        reader = Reader(body)
        path, asked = reader.buffer(), reader.int()
        of_data, of_children = {'data', 'exist'}, {'child'}
        kinds = {1: of_children, 2: of_data}.get(asked, of_data | of_children)
        return any(where == path and how in kinds | {'persistent', 'recursive'}
                   for how, where in self.set[slot])

    def kinds(self, slot, kind, path):
        """Those that an event may come from; the one-shot ones are gone thereafter."""
        found = set()
        for watch in list(self.set[slot]):
            how, where = watch
            if how == 'recursive':
                fits = (path == where or path.startswith((where or b'').rstrip(b'/') + b'/')) \
                    and kind != 4
            elif how == 'child':
                fits = path == where and kind in (2, 4)
            elif how == 'persistent':
                fits = path == where
            else:
                fits = path == where and kind != 4
            if fits:
                found.add(how)
                if how not in ('persistent', 'recursive'):
                    self.set[slot].discard(watch)
        return found
