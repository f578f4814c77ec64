"""Requests to which Apache answers by accident, told by their bytes."""
from wire import Malformed, OPCODES, Reader


def oddity(opcode, body):
    """What is odd about a request, so far as it can be read.

    `null-path` if a path or another text is null; `ttl-opcode` if the flags of a creation are not
    of the kind that its opcode is for.
    """
    try:
        return read_oddity(OPCODES.get(opcode), Reader(body))
    except Malformed:
        return None


def read_oddity(name, reader):
    if name in ('setWatches', 'setWatches2'):
        reader.long()
        nulls = any(None in (reader.vector(Reader.buffer) or ())
                    for _ in range(3 if name == 'setWatches' else 5))
        return 'null-path' if nulls else None
    if name in ('multi', 'multiRead'):
        while True:
            kind, done, _ = reader.int(), reader.byte(), reader.int()
            if done or kind not in OPCODES:
                return None
            found = read_oddity(OPCODES[kind], reader)
            if found:
                return found
    if name == 'auth':
        reader.int()
    if name in ('whoAmI', 'ping', 'closeSession', 'sasl', 'reconfig', 'createSession', None):
        return None
    if reader.buffer() is None:
        return 'null-path'
    if name in ('create', 'create2', 'createContainer', 'createTTL'):
        reader.buffer()
    if name in ('create', 'create2', 'createContainer', 'createTTL', 'setACL'):
        if any(None in entry for entry in reader.acl() or ()):
            return 'null-path'
    if name in ('createTTL', 'createContainer'):
        flags = reader.int()
        if flags in range(7) and (flags in (5, 6)) != (name == 'createTTL') or flags in range(4):
            return 'ttl-opcode'
        if name == 'createTTL':
            reader.long()
    if name in ('create', 'create2', 'delete', 'check', 'setACL'):
        reader.int()
    if name == 'setData':
        reader.buffer()
        reader.int()
    if name in ('getData', 'getChildren', 'exists', 'getChildren2'):
        reader.byte()
    return None
