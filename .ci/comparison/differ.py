"""The differential test: the same sequences to two servers, step by step; every answer equal."""
import collections
import os
import re

import sequences
from coverage import Coverage, Watches
from side import Side
from wire import CODES, EVENTS, OPCODES, Reader

DIFFERENCES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                           'differences')

def known_differences():
    """The rules of the file `.ci/differences`: a word, then the reason, which may go on."""
    rules = {}
    with open(DIFFERENCES) as file:
        for line in file:
            if line.strip() and not line.startswith(('#', ' ')):
                name, reason = line.split(None, 1)
                rules[name] = reason.strip()
    return rules


class Difference(Exception):
    """Two answers that are not the same."""

    def __init__(self, index, step, ours, theirs, what):
        super().__init__(what)
        self.index, self.step, self.first, self.second, self.what = index, step, ours, theirs, what


class Run:
    """One sequence against both servers."""

    def __init__(self, first, second, rules, coverage=None):
        self.first, self.second = first, second
        self.rules = rules
        self.coverage = coverage or Coverage()
        self.watches = Watches()
        self.restricted = False
        self.hidden = collections.defaultdict(set)
        self.unordered = False

    def run(self, steps, root):
        """Raises a `Difference` at the first step whose answers differ."""
        self.first.begin(root)
        self.second.begin(root)
        ends = [step for slot in range(sequences.SLOTS)
                for step in (('request', slot, CODES['ping'], -2, b''),)]
        ends += [('close', slot) for slot in range(sequences.SLOTS)]
        try:
            for index, step in enumerate(list(steps) + ends):
                self.note_acl(step)
                self.first.start(step)
                self.second.start(step)
                one, other = self.first.end(step), self.second.end(step)
                self.cover(step, one)
                self.compare(index, step, one, other)
        finally:
            self.first.finish()
            self.second.finish()

    def note_acl(self, step):
        """Whether some znode of the sequence may be hidden from somebody."""
        if step[0] in ('expire', 'close') or step[:3:2] == ('request', CODES['closeSession']):
            self.unordered = True
        bodies = [step[3 + 1]] if step[0] == 'request' else (
            [body for _, _, body in step[2]] if step[0] == 'burst' else [])
        for body in bodies:
            if re.search(b'\0\0\0[\2\4\5\6]digest|\0\0\0\2ip|\0\0\0\4auth', body) or any(
                    body[place - 4:place] != b'\0\0\0\x1f'
                    for place in (found.start() for found in re.finditer(
                        b'\0\0\0\5world', body))):
                self.restricted = True

    def compare(self, index, step, one, other):
        if one == other:
            return
        one, other = self.excuse(step, one, other)
        if one == other:
            return
        if self.unordered and self.sorted(one) == self.sorted(other):
            # The ephemerals of a session go in the order of a hash table.
            return
        raise Difference(index, step, one, other, self.describe(step, one, other))

    @staticmethod
    def sorted(answers):
        """Events before each answer in some order of their own."""
        result, events = [], []
        for answer in answers:
            if answer[0] == 'event':
                events.append(answer)
            else:
                result += sorted(events, key=repr) + [answer]
                events = []
        return result + sorted(events, key=repr)

    def excuse(self, step, one, other):
        """Both without what differs by design."""
        one, other = list(one), list(other)
        slot = step[1] if step[0] in ('request', 'burst') else None
        if 'event-zxid' in self.rules:
            one = [self.without_zxid(answer) for answer in one]
            other = [self.without_zxid(answer) for answer in other]
        if 'check-watches' in self.rules:
            self.excuse_checks(step, slot, one, other)
        if not self.restricted:
            return one, other
        if 'exists-acl' in self.rules:
            self.excuse_exists(step, slot, one, other)
        if 'event-acl' in self.rules:
            self.excuse_events(one, other)
        return one, other

    def without_zxid(self, answer):
        if answer[0] != 'event':
            return answer
        if answer[1] != -1:
            self.coverage.excused['event-zxid'] += 1
        return ('event', 'zxid') + answer[2:]

    @staticmethod
    def replies(step, one, other):
        """The body of each request with the places of its two replies."""
        bodies = [step[4]] if step[0] == 'request' else [
            body for _, _, body in step[2]] if step[0] == 'burst' else []
        places = [[place for place, answer in enumerate(side) if answer[0] == 'reply']
                  for side in (one, other)]
        return list(zip(bodies, *places))

    def excuse_checks(self, step, slot, one, other):
        """`checkWatches` of which only the watches of others are known."""
        for body, place, counterpart in self.replies(step, one, other):
            if one[place][1] == CODES['checkWatches'] and one[place][4] == 0 \
                    and other[counterpart][4] == -121 and not self.watches.has(slot, body):
                self.coverage.excused['check-watches'] += 1
                one[place] = other[counterpart] = ('excused',)

    def excuse_exists(self, step, slot, one, other):
        """`exists` and what follows from the watch that it did not leave."""
        for body, place, counterpart in self.replies(step, one, other):
            first, second = one[place], other[counterpart]
            if first[1] == CODES['exists'] and first[4] == 0 and second[4] == -102:
                self.hidden[slot].add(Reader(body).buffer())
                self.coverage.excused['exists-acl'] += 1
            elif first[1] in (CODES['checkWatches'], CODES['removeWatches']) and \
                    first[4] == 0 and second[4] == -121 and \
                    Reader(body).buffer() in self.hidden[slot]:
                self.coverage.excused['exists-acl'] += 1
            else:
                continue
            one[place] = other[counterpart] = ('excused',)

    def excuse_events(self, one, other):
        """Events that only the first server sends, of znodes that may be hidden."""
        missing = collections.Counter(a for a in one if a[0] == 'event')
        missing.subtract(a for a in other if a[0] == 'event')
        for answer in list(one):
            if missing[answer] > 0 and answer[0] == 'event':
                missing[answer] -= 1
                one.remove(answer)
                self.coverage.excused['event-acl'] += 1

    def cover(self, step, answers):
        """Counts what the first server answered."""
        requests = {'request': lambda: [step[2:]], 'burst': lambda: step[2]}.get(
            step[0], lambda: [])()
        for opcode, _, body in requests:
            self.coverage.opcodes[opcode if opcode in OPCODES else 'unknown'] += 1
        if step[0] == 'close':
            self.coverage.opcodes[CODES['closeSession']] += 1
        replies = [answer for answer in answers if answer[0] == 'reply']
        for answer in answers:
            if answer[0] == 'connect' and answer[1][0] == 'connected' and answer[1][2] == '0':
                self.coverage.errors[-112] += 1
            if answer[0] == 'connect' and step[0] in ('request', 'burst', 'steal'):
                self.watches.set[step[1]].clear()
            if answer[0] == 'event' and len(step) > 1:
                for how in self.watches.kinds(step[1], answer[3], answer[5]):
                    self.coverage.watches[how, answer[3]] += 1
            if answer[0] == 'reply':
                self.coverage.errors[answer[4]] += 1
                for kind, value in answer[5]:
                    if kind == 'results':
                        self.cover_results(value)
        fired = {answer[5] for answer in answers if answer[0] == 'event'}
        for (opcode, _, body), answer in zip(requests, replies):
            self.watches.note(step[1], opcode, body, answer[4], fired)

    def cover_results(self, results):
        for _, code, done, _, body in results:
            if code == CODES['check']:
                self.coverage.opcodes['in multi: check'] += 1
            if code == -1 and not done:
                self.coverage.errors[body[0][1]] += 1

    def describe(self, step, one, other):
        """A line that is the same for the same kind of difference."""
        name = step[0]
        pairs = [(a, b) for a, b in zip(one, other) if a != b]
        if not pairs:
            extra = (one[len(other):] or other[len(one):])[0]
            return '%s: %s only of the %s' % (name, self.brief(extra), 'first' if len(
                one) > len(other) else 'second')
        first, second = pairs[0]
        if first[0] == second[0] == 'reply':
            fields = ['opcode', 'xid', 'zxid', 'error', 'body', 'rest']
            field = next(f for f, a, b in zip(fields, first[1:], second[1:]) if a != b)
            name = OPCODES.get(first[1], 'unknown opcode')
            if field == 'error':
                return '%s: error %s and %s' % (name, first[4], second[4])
            if field == 'body':
                return '%s: body differs in %s' % (name, self.body_field(first[5], second[5]))
            return '%s: %s differs' % (name, field)
        return '%s: %s and %s' % (name, self.brief(first), self.brief(second))

    @staticmethod
    def body_field(one, other):
        for (kind, first), (_, second) in zip(one, other):
            if first != second:
                if kind == 'stat':
                    return ', '.join(a[0] for a, b in zip(first, second) if a != b)
                if kind == 'results' and first and second:
                    return 'results ' + ', '.join(
                        '%s/%s' % (a[1:4], b[1:4]) for a, b in zip(first, second) if a != b)
                return kind
        return 'length'

    @staticmethod
    def brief(answer):
        if answer[0] == 'reply':
            return 'reply %s error %s' % (OPCODES.get(answer[1], '?'), answer[4])
        if answer[0] == 'event':
            return 'event %s' % EVENTS.get(answer[3], answer[3])
        return ' '.join(str(part) for part in answer[:2])


class Comparison:
    """Many sequences, each under its own root; differences are made short and grouped."""

    def __init__(self, first, second, rules, verbose=False):
        self.sides = Side(first), Side(second)
        self.rules = rules
        self.coverage = Coverage()
        self.number = 0
        self.found = {}
        self.verbose = verbose

    def root(self):
        self.number += 1
        return b'/s%05d' % self.number

    def attempt(self, steps, coverage=None):
        """The difference that the steps show, if any."""
        run = Run(*self.sides, self.rules, coverage)
        try:
            run.run(steps, self.root())
        except Difference as difference:
            return difference
        return None

    def sequence(self, seed):
        """Whether the seed's sequence shows no difference."""
        steps = sequences.generate(
            seed, mixes_modes='watch-modes' not in self.rules,
            left_out={'null-path', 'ttl-opcode'} & set(self.rules))
        difference = self.attempt(steps, self.coverage)
        if difference is None:
            return True
        group = self.found.setdefault(difference.what, [])
        group.append(seed)
        if len(group) == 1:
            shorter, difference = self.shrink(steps[:difference.index + 1], difference)
            self.tell(seed, shorter, difference)
        return False

    def shrink(self, steps, difference):
        """Drops steps as long as the same kind of difference shows."""
        size = max(1, len(steps) // 2)
        tries = 0
        while size >= 1 and tries < 150:
            place = 0
            while place < len(steps) and tries < 150:
                shorter = steps[:place] + steps[place + size:]
                tries += 1
                again = self.attempt(shorter)
                if again is not None and again.what == difference.what:
                    steps, difference = shorter[:again.index + 1], again
                else:
                    place += size
            size //= 2
        return steps, difference

    def tell(self, seed, steps, difference):
        print('\nDIFFERENCE, seed %d: %s' % (seed, difference.what))
        for step in steps:
            print('  ' + describe_step(step))
        if difference.index >= len(steps):
            print('  ' + describe_step(difference.step))
        print('  first : %s' % pretty(difference.first))
        print('  second: %s' % pretty(difference.second), flush=True)


def describe_step(step):
    if step[0] == 'request':
        _, slot, opcode, xid, body = step
        return 'client %d: %s%s %s   [%s]' % (
            slot, OPCODES.get(opcode, opcode), '' if xid is None else ' xid %d' % xid,
            readable(body), body.hex() if len(body) < 400 else body[:400].hex() + '...')
    if step[0] == 'burst':
        return 'client %d at once:' % step[1] + ''.join(
            '\n      %s %s   [%s]' % (OPCODES.get(opcode, opcode), readable(body),
                                      body[:400].hex()) for opcode, _, body in step[2])
    return ' '.join(part.hex() if isinstance(part, bytes) else str(part) for part in step)


def readable(body):
    """The printable runs of a body."""
    return ' '.join(run.decode() for run in re.findall(rb'[!-~]{3,}', body))[:200]


def pretty(answers):
    text = repr(answers)
    return text if len(text) < 3000 else text[:3000] + '...'
