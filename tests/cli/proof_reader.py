"""A proof of inclusion about moments of doubles, read and checked by docs/formats/proof.md alone."""

import hashlib
import struct


class Bits:
    def __init__(self, reader):
        self.reader, self.held, self.size = reader, 0, 0

    def take(self, count):
        while self.size < count:
            self.held |= self.reader.take(1)[0] << self.size
            self.size += 8
        bits = self.held & ((1 << count) - 1)
        self.held >>= count
        self.size -= count
        return bits

    def step(self, k):
        ones = 0
        while ones < 20 and self.take(1):
            ones += 1
        u = self.take(15) if ones == 20 else ones << k | self.take(k)
        return u // 2 if u % 2 == 0 else -(u + 1) // 2


class Reader:
    def __init__(self, data):
        self.data, self.at, self.layout = data, 0, None
        self.forms = []

    def take(self, count):
        assert self.at + count <= len(self.data)
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, code):
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def string(self):
        return self.take(self.number("I"))

    def signs(self, size):
        repeats, out, before = self.take((size + 7) // 8), b"", 0
        for i in range(size):
            repeated = repeats[i // 8] >> i % 8 & 1
            before = (0xff if before >= 0x80 else 0) if repeated else self.take(1)[0]
            out += bytes([before])
        return out

    def sum(self):
        form = self.number("B")
        self.forms.append(form)
        if form == 0:
            return self.string()
        if form == 1:
            return self.signs(self.number("I"))
        if form == 2:
            before, states = self.number("H"), self.number("H")
            bits = Bits(self)
            self.layout = before, [1 + bits.take(1) for _ in range(states)]
            self.expected = None
        before, tags = self.layout
        out, bits, last, left = self.signs(before), Bits(self), {}, []
        for i, tag in enumerate(tags):
            low, high = self.expected[i] if self.expected else last.get(tag, (0, 0))
            begin = low + bits.step(2)
            end = high + 1 + bits.step(1)
            value = 0
            if begin < end:
                sign = bits.take(1)
                count = max(0, end - begin - 2)
                magnitude = 1 << end - 1 | bits.take(count) << begin + 1 | 1 << begin
                value = -magnitude if sign else magnitude
                last[tag] = begin, end
            if begin < end and self.expected and low < high:
                left.append(((low + begin) // 2, (high + end) // 2))
            else:
                left.append((begin, end))
            out += state(tag, value)
        self.expected = left
        return out


def state(tag, value):
    """As exact_sum.hpp says it."""
    if value == 0:
        return bytes([tag, 0, 0, 0])
    first = ((value & -value).bit_length() - 1) // 32
    words = 1
    while not -1 << 32 * words - 1 <= value >> 32 * first < 1 << 32 * words - 1:
        words += 1
    return bytes([tag, first, words, 0]) + (value >> 32 * first).to_bytes(4 * words, "little", signed=True)


def added(a, b):
    """Moments without refused records: u8 tag, features, 0, i64 records, states."""
    assert a[:3] == b[:3] and a[2] == 0
    out = a[:3] + struct.pack("<q", struct.unpack("<q", a[3:11])[0] + struct.unpack("<q", b[3:11])[0])
    at, bt = 11, 11
    while at < len(a):
        values = []
        for data, i in ((a, at), (b, bt)):
            tag, first, words, counts = data[i:i + 4]
            assert counts == 0
            values.append(int.from_bytes(data[i + 4:i + 4 + 4 * words], "little", signed=True) << 32 * first)
        out += state(a[at], sum(values))
        at, bt = at + 4 + 4 * a[at + 2], bt + 4 + 4 * b[bt + 2]
    return out


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def sized(data):
    return struct.pack("<I", len(data)) + data


def read(data):
    """(root, key, sum, total, forms of the sums)."""
    r = Reader(data)
    assert r.take(14) == b"trawl proof 3\n"
    kind, leaves, index, key = r.string(), r.number("Q"), r.number("Q"), r.string()
    own = total = r.sum()
    digest = sha256(b"\0", sized(key), own)
    sides, width, at = [], leaves, index  # of the siblings, from the top
    while width > 1:
        half = 1 << (width - 1).bit_length() - 1
        sides.append(at >= half)
        at, width = (at - half, width - half) if at >= half else (at, half)
    for left in reversed(sides):
        sibling, its = r.take(32), r.sum()
        a, b = ((sibling, its), (digest, total)) if left else ((digest, total), (sibling, its))
        digest, total = sha256(b"\1", a[0], b[0], sized(a[1]), b[1]), added(total, its)
    assert r.at == len(data)
    return sha256(b"\2", sized(kind), struct.pack("<Q", leaves), digest, total).hex(), key, own, total, r.forms
