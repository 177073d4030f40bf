"""Derive models/tokenizer/unicode.txt from the behaviour of `tokenizers`.

The Rust library mixes several Unicode versions: one in the character
categories, one in the decompositions, one in the case mappings. None of them
is the version of Go's unicode package. So nothing is taken from a standard:
every code point is put through the library, one step at a time, and what came
out is written down.

    python models/export/tokenizer_tables.py models/tokenizer/unicode.txt

Pinned: tokenizers 0.23.3. Takes about half a minute.
"""

import argparse
import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)


def bert(**on):
    """A BertNormalizer with every step off but the named ones."""
    steps = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**steps, **on}).normalize_str


def changed_between(step, want):
    """Code points x for which step("axa") equals want, or for which want(x) does."""
    hits = []
    for c in SCALARS:
        got = step("a" + chr(c) + "a")
        if got == want(chr(c)) and got != "a" + chr(c) + "a":
            hits.append(c)
    return hits


def decompositions():
    nfd = normalizers.NFD().normalize_str
    return {c: nfd(chr(c)) for c in SCALARS if nfd(chr(c)) != chr(c)}


def hangul(c):
    """The algorithmic decomposition of a Hangul syllable (Unicode, section 3.12)."""
    lead, rest = divmod(c - 0xAC00, 588)
    vowel, tail = divmod(rest, 28)
    return chr(0x1100 + lead) + chr(0x1161 + vowel) + (chr(0x11A7 + tail) if tail else "")


def combining_classes(decomposed):
    """Canonical combining class per code point, as the library's NFD orders them.

    A mark is compared with one known mark of every class; the class with which
    it changes places in neither order is its own.
    """
    nfd = normalizers.NFD().normalize_str
    swaps = lambda x, y: nfd("a" + x + y) == "a" + y + x
    moves = lambda x: swaps(x, "\u0334") or swaps("\u0345", x)  # classes 1 and 240
    movers = [c for c in SCALARS if c not in decomposed and (moves(chr(c)) or chr(c) in "\u0334\u0345")]
    known = {}
    for c in movers:
        known.setdefault(unicodedata.combining(chr(c)), chr(c))
    known.pop(0, None)
    classes = {}
    for c in movers:
        x = chr(c)
        own = [k for k, y in known.items() if not swaps(x, y) and not swaps(y, x) or x == y]
        assert len(own) == 1, (hex(c), own)
        classes[c] = own[0]
    return classes


def pre_tokens():
    """(isolated, removed): what BertPreTokenizer makes of one character between letters."""
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    isolated, removed = [], []
    for c in SCALARS:
        parts = [word for word, _ in split("a" + chr(c) + "a")]
        if parts == ["a", chr(c), "a"]:
            isolated.append(c)
        elif parts == ["a", "a"]:
            removed.append(c)
        else:
            assert parts == ["a" + chr(c) + "a"], hex(c)
    return isolated, removed


def matching(pattern):
    """Code points that a pattern of one character matches, as the library's regular expressions see it."""
    kept = pre_tokenizers.Split(Regex(pattern), "removed", invert=True).pre_tokenize_str("".join(map(chr, SCALARS)))
    return sorted({ord(c) for word, _ in kept for c in word})


def sorted_in(split, want):
    """Code points x for which a pre-tokenizer makes the wanted parts of "axa"."""
    return [c for c in SCALARS if [word for word, _ in split("a" + chr(c) + "a")] == want(chr(c))]


def precompiled(key, value):
    """Precompiled with a map of one key: a double array in which every node has a block of its own."""
    step, units, node = 512, {}, 0
    for n, byte in enumerate(key.encode()):
        block = (n + 1) * step
        units[node] = units.get(node, 0) | (node ^ block) << 10
        node = block ^ byte
        units[node] = byte
    leaf = (len(key.encode()) + 1) * step
    units[node] |= (node ^ leaf) << 10 | 1 << 8
    units[leaf] = 1 << 31
    array = b"".join(units.get(k, 0).to_bytes(4, "little") for k in range(leaf + step))
    return normalizers.Precompiled(len(array).to_bytes(4, "little") + array + value.encode() + b"\0").normalize_str


# Letters that open the cluster of the next one, among which the library is asked.
PREPENDED = [0x0D4E, 0x111C2, 0x111C3, 0x113D1, 0x1193F, 0x11941, *range(0x11A84, 0x11A8A), 0x11D46, 0x11F02]


def clusters():
    """(extend, prepend, control): how code points take part in grapheme clusters.

    Precompiled looks up the beginning of a cluster and replaces all of it, so
    what vanishes with a neighbour shares its cluster.
    """
    letter = precompiled("a", "b")
    extend = [c for c in SCALARS if letter("a" + chr(c)) == "b"]
    prepend, control = [], []
    tags = [0x2065, *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)]
    asked = [c for c in range(1, 0x20000) if unicodedata.category(chr(c)) in ("Cc", "Cf", "Zl", "Zp")]
    for c in sorted(set(asked + tags + PREPENDED) - set(extend)):
        step = precompiled(chr(c), "b")
        if step(chr(c) + "a") == "b":
            prepend.append(c)
        if step(chr(c) + "\u0301") != "b":
            control.append(c)
    return extend, prepend, control


def ranges(codes):
    """Sorted code points as "1F" and "20-2F" fields."""
    out = []
    for c in codes:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return [f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in out]


def case_fields(lower):
    """Case mappings as "from-to/step=first target" fields; runs share one distance."""
    runs = []
    for c, s in sorted(lower.items()):
        if len(s) > 1:
            runs.append([c, c, 1, s])
            continue
        last = runs[-1] if runs else None
        same = last and len(last[3]) == 1 and ord(s) - c == ord(last[3]) - last[0]
        if same and (last[0] == last[1] and c - last[1] <= 2 or c - last[1] == last[2]):
            last[1], last[2] = c, c - last[1]
        else:
            runs.append([c, c, 1, s])
    hexes = lambda s: "+".join(f"{ord(x):X}" for x in s)
    return [f"{a:X}={hexes(s)}" if a == b else f"{a:X}-{b:X}/{step}={hexes(s)}" for a, b, step, s in runs]


def sections():
    decomposed = decompositions()
    for c in HANGUL:
        assert decomposed.pop(c) == hangul(c), hex(c)
    isolated, removed = pre_tokens()
    strip = bert(strip_accents=True)
    stable = [c for c in SCALARS if c not in decomposed and c not in HANGUL]
    lower = bert(lowercase=True)
    clean = bert(clean_text=True)
    yield "drop", "removed by clean_text", ranges(changed_between(clean, lambda x: "aa"))
    yield "space", "made a space by clean_text", ranges(changed_between(clean, lambda x: "a a"))
    han = changed_between(bert(handle_chinese_chars=True), lambda x: f"a {x} a")
    yield "han", "put between spaces by handle_chinese_chars", ranges(han)
    yield "mark", "removed by strip_accents", ranges(c for c in stable if strip("a" + chr(c) + "a") == "aa")
    yield "punct", "isolated by BertPreTokenizer", ranges(isolated)
    yield "split", "removed by BertPreTokenizer", ranges(removed)
    for name, what, pattern in [
        ("letter", "\\p{L} of the patterns", r"\p{L}"), ("number", "\\p{N} of the patterns", r"\p{N}"),
        ("capital", "\\p{Lu} and \\p{Lt} of the patterns", r"[\p{Lu}\p{Lt}]"), ("small", "\\p{Ll} of the patterns", r"\p{Ll}"),
        ("combining", "\\p{M} of the patterns", r"\p{M}"), ("white", "\\s of the patterns", r"\s"),
    ]:
        yield name, what, ranges(matching(pattern))
    numeric = sorted_in(pre_tokenizers.Digits(True).pre_tokenize_str, lambda x: ["a", x, "a"])
    yield "numeric", "isolated by Digits", ranges(numeric)
    wordchar = sorted_in(pre_tokenizers.Whitespace().pre_tokenize_str, lambda x: ["a" + x + "a"])
    yield "wordchar", "kept in a word by Whitespace", ranges(wordchar)
    for name, codes in zip(("extend", "prepend", "control"), clusters()):
        yield name, f"grapheme cluster break: {name}", ranges(codes)
    nfc = normalizers.NFC().normalize_str
    yield "uncomposed", "never in composed form (NFC)", ranges(c for c in SCALARS if nfc(chr(c)) != chr(c))
    classes = combining_classes(decomposed)
    for k in sorted(set(classes.values())):
        yield f"ccc{k}", f"canonical combining class {k}", ranges(c for c in sorted(classes) if classes[c] == k)
    yield "lower", "mapped by lowercase", case_fields({c: lower(chr(c)) for c in SCALARS if lower(chr(c)) != chr(c)})
    pairs = [f"{c:X}=" + "+".join(f"{ord(x):X}" for x in s) for c, s in sorted(decomposed.items())]
    yield "nfd", "canonical decomposition, Hangul syllables aside", pairs


def fold(name, fields, width=100):
    line = name
    for field in fields:
        if len(line) + 1 + len(field) > width:
            yield line
            line = name
        line += " " + field
    yield line


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    args = parser.parse_args()
    with open(args.out, "w", encoding="ascii", newline="\n") as out:
        print(f"# Made by models/export/tokenizer_tables.py from tokenizers {tokenizers.__version__}; do not edit.", file=out)
        for name, what, fields in sections():
            print(f"\n# {what}", file=out)
            for line in fold(name, fields):
                print(line, file=out)


if __name__ == "__main__":
    main()
