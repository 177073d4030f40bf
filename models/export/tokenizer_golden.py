"""Make the golden file of package models/tokenizer with the Python `tokenizers`.

    python models/export/tokenizer_golden.py models/ragprune-small/tokenizer.json \\
        models/tokenizer/testdata/golden.jsonl.gz
    python models/export/tokenizer_golden.py models/ragprune-small/tokenizer.json \\
        models/tokenizer/testdata/variants.jsonl.gz --variants --count 80

Pinned: tokenizers 0.23.3. Every text is made here, from the phrases below and a
seeded generator. A line of the file is [text, ids, spans]: no special tokens,
special tokens in the text not matched, spans as pairs (gap to the end of the
span before, length) in bytes of UTF-8.

With --variants a line is {"tokenizer": ..., "cases": [[text, ids, spans], ...]}:
the tokenizer has other normaliser settings and a vocabulary of single
characters, so that every character that normalisation leaves shows in the ids.
"""

import argparse
import gzip
import json
import random
import unicodedata

from tokenizers import Tokenizer

PHRASES = """
The river froze early that winter, and nobody in the village could recall it.
Dr. Moore paid $1,299.95 for 3.5 kg of it at 7:45 a.m. — didn't she?
Über die schöne Straße hörte man größere Füße; Äpfel, Öl und Übermut.
L'été dernier, où es-tu allé ? À la forêt, bien sûr, près du château.
El niño comió piñas; ¿cuántos años tenía? ¡Qué vergüenza, señor!
Não há razão para tanta confusão na estação, irmã.
Zażółć gęślą jaźń, łódź płynie, żółw śpi.
Příliš žluťoučký kůň běžel přes zelené údolí.
Nàng tiên cá đã kể một câu chuyện rất dài về biển cả ở Việt Nam.
Įdomu, ar ąžuolas ūžia žemai, kai šąla ežeras.
Çiğ köfte yiyen İbrahim ılık ıhlamur içti; IŞIK söndü.
Ný þraut: ölduð kona át sætan ís á Ísafirði.
Η γάτα κοιμάται στο παράθυρο· ΌΛΑ ΚΑΛΆ, ῥᾴδιον ἔργον, ὈΔΥΣΣΕΎΣ.
Старый ёж живёт у реки, а новый йод стоит в шкафу. ЁЛКА!
Її ґанок стояв біля широкої дороги. Ѓорѓи, љубов, џеп.
ქართული ანბანი ლამაზია. ᲥᲐᲠᲗᲣᲚᲘ
Հայաստանի լեռները բարձր են։ ԵՎ և այլն
הילד קרא סֵפֶר טוֹב בַּבַּיִת. ״שלום״
القِطَّةُ تَنَامُ عَلَى السَّرِيرِ، ولكنّها جائعة؟ ۱۲۳ ٤٥٦
یک روز آفتابی در کنار دریا می‌نشستیم.
नदी के किनारे एक छोटा गाँव है। क्‍या ड़ और ज़ सही हैं?
বাংলা ভাষায় কথা বলো; ড়ো, ঢ়, কো কৌ।
தமிழ் மொழி கொஞ்சம் கடினம்; கௌதம் போனான்.
తెలుగు నీళ్ళు ಕನ್ನಡ ಕೊಡು മലയാളം കൊച്ചി
แมวตัวเล็กนอนอยู่บนเตียงน้ำ ๓ ตัว
ລາວ ພາສາ ខ្មែរ ភាសា မြန်မာ စာ བོད་ཡིག་གི་ཀླུ
ꦧꦱꦗꦮ꧀ ᬩᬲᬩᬮᬶ᭄ ᮘᮞ ᮞᮥᮔ᮪ᮓ ᯅᯖᯂ᯲
我家的猫喜欢吃鱼，可是昨天没有鱼。
東京は夜の七時、ガラスのビルがギラギラ。ｶﾞｷﾞ ﾊﾟﾝ が パン
서울의 봄은 짧고 따뜻하다. 값이 없는 삶; ᄒᆞᆫ글 〮방〯점
ሰላም ለዓለም። አዲስ አበባ ᏣᎳᎩ ꭰꮳꮃ ᐃᓄᒃᑎᑐᑦ ᠮᠣᠩᠭᠣᠯ
𝔉𝔯𝔞𝔨𝔱𝔲𝔯 𝟙𝟚𝟛 ﬁne ﬂow ｆｕｌｌ Ⅷ ㎏ ① ½ ™ 𐐀𐐨 𞤀𞤢𞥆 𠮷野家 豈更車
👩‍👩‍👧‍👦 👍🏽 🇩🇪🇯🇵 🏴󠁧󠁢󠁳󠁣󠁴󠁿 ❤️ 1️⃣ 🤷🏾‍♀️ ☃︎
x ≠ y ≮ z, ∑ᵢ aᵢ² ≤ ∫ f(x)dx; ℵ₀ Å Ω K ‰ … ‹› «» „“ ‘’ – —
𝅘𝅥𝅮 𝅗𝅥 𝅘𝅥𝅲 ♯ ♭
if (a[i] != b->c && !done) { return fmt.Sprintf("%d\\n", x<<3); } // ok
def f(x: int = 0) -> dict[str, list]: return {**kw, 'k': [x]*3} # ok
SELECT t.id, count(*) FROM t_long_name t WHERE t.x <> 'it''s' GROUP BY 1;
<div class="a b" style='x:1'>caf&eacute; &amp; bar&nbsp;&#8212;<br/></div><!-- c -->
</td><td align=left>3&thinsp;%</td></tr><script>var a="</p>";</script>
[CLS] who wrote it? [SEP] nobody [PAD] [MASK] [UNK] ##x ##ing [unused7] [sep]
user.name+tag@mail.example.org +49 (0)30 1234-567 ISBN 978-3-16-148410-0
C:\\Users\\x\\file_v2.0-rc1.tar.gz ~/.config/a.b ../../up 10.0.0.1:8080 ::1
""".strip().split("\n")

SPACES = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2003\u2007\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
INVISIBLE = "\0\x01\x07\x08\x1b\x7f\x80\x9f\xad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufe0e\ufe0f\ufeff\ufff9\ufffc\ufffd\ufffe\uffff\U000e0001\U000e0041\U000e0100"
EDGES = "\ud7a3\ud7a4\ud7ff\ue000\uf8ff\U000f0000\U0010fffd\U0010ffff\u0378\u0530\u0e7f\u1c8a\u2fe0\U0001f8ff\U00030000\U000323af"
BLOCKS = [(0x20, 0x7F), (0x80, 0x250), (0x250, 0x370), (0x370, 0x590), (0x590, 0x900), (0x900, 0xE00), (0xE00, 0x1100),
          (0x1100, 0x1200), (0x1A00, 0x1C00), (0x1D00, 0x2000), (0x2000, 0x2E80), (0x2E80, 0x3400), (0x4E00, 0x5200),
          (0xA640, 0xAC00), (0xAC00, 0xAD00), (0xD7A0, 0xD800), (0xE000, 0xE010), (0xF900, 0x10000), (0x10000, 0x10400),
          (0x11000, 0x11D00), (0x1D100, 0x1D250), (0x1E000, 0x1E960), (0x1F000, 0x1FB00), (0x20000, 0x20010),
          (0x2F800, 0x2FA20), (0xE0000, 0xE0200), (0, 0x110000)]
MARKS = "".join(chr(c) for c in range(0x300, 0x370)) + "\u0483\u05b0\u05c1\u064b\u0651\u0670\u093c\u094d\u0e31\u0e38\u0f71\u0f73\u0f75\u0f81" \
    "\u1b44\u1baa\u1bf2\u1dfb\u08d4\u08e1\u302e\u302f\u3099\ua953\ua9c0\U000111c0\U00011446\U00011c3f\U0001d165\U0001d16d\U0001d16e\U0001d172\U0001e000\U0001e94a"
CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"


def scalar(rng, low, high):
    while True:
        c = rng.randrange(low, high)
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def invented_word(rng):
    word = "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.randint(1, 5)))
    return rng.choice([str.lower, str.lower, str.title, str.upper])(word + rng.choice(["", "n", "st", "ing", "'s"]))


def url(rng):
    path = "/".join(invented_word(rng) for _ in range(rng.randint(1, 16)))
    query = "&".join(f"{invented_word(rng)}={rng.randrange(10**9):x}" for _ in range(rng.randint(0, 12)))
    return f"https://www.{invented_word(rng).lower()}.example/{path}?{query}#%C3%A9{rng.getrandbits(128):x}"


def phrases(rng):
    return rng.choice([" ", "\n", "", "\t\t", "  "]).join(rng.choice(PHRASES) for _ in range(rng.randint(1, 3)))


def prose(rng):
    return " ".join(invented_word(rng) + rng.choice(["", "", "", ",", ".", ";", "?!"]) for _ in range(rng.randint(1, 50)))


def forms(rng):
    """The same letters composed, decomposed and in compatibility form."""
    return unicodedata.normalize(rng.choice(["NFC", "NFD", "NFKC", "NFKD"]), rng.choice(PHRASES))


def shuffled(rng):
    text = list(rng.choice(PHRASES))
    rng.shuffle(text)
    return "".join(text)


def sprinkled(rng):
    """A phrase with invisible characters, odd spaces and edges of Unicode in it."""
    text = list(phrases(rng))
    for _ in range(rng.randint(1, 12)):
        text.insert(rng.randint(0, len(text)), rng.choice(rng.choice([SPACES, INVISIBLE, EDGES])))
    return "".join(text)


def marked(rng):
    """Letters under runs of combining marks, in any order."""
    bases = "aeAZß1中かक한\u1100 .,\U0001d15e\U0001d160\U0001d1bc\u09cb\u0344\u0f78\u0c48" + INVISIBLE[:9]
    return "".join(
        rng.choice(bases) + "".join(rng.choice(MARKS) for _ in range(rng.choice([0, 1, 1, 2, 3, 6, 12]))) for _ in range(rng.randint(1, 12))
    )


def mixed(rng):
    """Random code points, most of them from a few blocks."""
    blocks = [rng.choice(BLOCKS) for _ in range(rng.randint(1, 4))]
    pick = lambda: scalar(rng, *rng.choice(blocks)) if rng.random() < 0.85 else rng.choice(" .-a")
    return "".join(pick() for _ in range(rng.randint(1, 40)))


def long_word(rng):
    """Words on both sides of the limit of 100 code points."""
    unit = rng.choice(["a", "word", "é", "e\u0301", "Щ", "한", "ก", "ab\u200b", "क्ष", "x9", "🤖", "𝔞"])
    size = rng.choice([98, 99, 100, 101, 102, 150, 300])
    return rng.choice(["", "so ", "!"]) + (unit * size)[:size] + rng.choice(["", " then", ".", "\u0301", "中"])


def residue(rng):
    """Markup, entities and brackets as they are left in extracted text."""
    parts = ["<p>", "</p>", "&nbsp;", "&#x27;", "[SEP]", "[CLS]", "[MASK]", "##", "[[", "]]", "{{", "}}", "\\u00e9", "%20", "\x00", "||", "<br", "/>", "\ufeff"]
    return "".join(rng.choice(parts) if rng.random() < 0.5 else invented_word(rng) + rng.choice(["", " "]) for _ in range(rng.randint(1, 30)))


MAKERS = [phrases, prose, forms, shuffled, sprinkled, sprinkled, marked, mixed, mixed, long_word, residue, lambda rng: url(rng) + " " + phrases(rng)]


def texts(count, seed):
    rng = random.Random(seed)
    fixed = ["", " ", "\0", "\n\n", "\u0301", "[SEP]", "##", "a" * 5000, SPACES, INVISIBLE, EDGES, MARKS, "".join(map(chr, range(0x250)))] + PHRASES
    yield from fixed[:count]
    for n in range(count - len(fixed)):
        yield MAKERS[n % len(MAKERS)](rng)


def byte_pairs(text, offsets):
    """Code point offsets to (gap, length) pairs in bytes."""
    place = [0]
    for c in text:
        place.append(place[-1] + len(c.encode()))
    pairs, end = [], 0
    for a, b in offsets:
        pairs += [place[a] - end, place[b] - place[a]]
        end = place[b]
    return pairs


def plain(path):
    """The tokenizer.json with special-token matching off and no truncation or padding."""
    with open(path, encoding="utf-8") as f:
        config = json.load(f)
    config.update(added_tokens=[], post_processor=None, truncation=None, padding=None)
    return config


def load(path):
    return Tokenizer.from_str(json.dumps(plain(path)))


def case(tokenizer, text):
    got = tokenizer.encode(text, add_special_tokens=False)
    return [text, got.ids, byte_pairs(text, got.offsets)]


def variant(config, clean, han, strip, lower, some_texts):
    """A config with these steps and a vocabulary of the characters they leave in the texts."""
    steps = dict(type="BertNormalizer", clean_text=clean, handle_chinese_chars=han, strip_accents=strip, lowercase=lower)
    config = dict(config, normalizer=steps)
    vocab = {"[UNK]": 0}
    config["model"] = dict(config["model"], vocab=vocab)
    normalize = Tokenizer.from_str(json.dumps(config)).normalizer.normalize_str
    for c in sorted(set("".join(map(normalize, some_texts)))):
        vocab.update({c: len(vocab), "##" + c: len(vocab) + 1})
    return config


def variant_lines(path, count, seed):
    settings = [(True, True, None, True), (True, True, None, False), (False, True, True, True),
                (True, False, False, True), (False, False, False, False)]
    for n, steps in enumerate(settings):
        some_texts = list(texts(count, seed + n))
        config = variant(plain(path), *steps, some_texts)
        tokenizer = Tokenizer.from_str(json.dumps(config))
        yield {"tokenizer": config, "cases": [case(tokenizer, text) for text in some_texts]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tokenizer", help="a tokenizer.json")
    parser.add_argument("out", help="a .jsonl.gz file")
    parser.add_argument("--variants", action="store_true")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    if args.variants:
        lines = variant_lines(args.tokenizer, args.count, args.seed)
    else:
        tokenizer = load(args.tokenizer)
        lines = (case(tokenizer, text) for text in texts(args.count, args.seed))
    with open(args.out, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


if __name__ == "__main__":
    main()
