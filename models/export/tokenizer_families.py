"""Make the vocabularies and goldens of the tokenizer families that no bundle has.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3 protobuf
    python models/export/tokenizer_families.py models/tokenizer/testdata

Every vocabulary is trained here, on the texts of this repository and of
tokenizer_golden.py, in the form of a published checkpoint: the same parts of
tokenizer.json in the same order. It writes

    families/texts.jsonl.gz   the texts, one a line
    families/NAME.jsonl.gz    line 1: a tokenizer.json; then what the Python
                              library makes of every text; then pairs of texts
    families/patches.jsonl.gz settings beside those of the families

What becomes of a text is [ids, spans] as in tokenizer_golden.py, for one text
in eight, and the first 16 hexadecimal digits of the SHA-256 of that JSON for
the others. Special tokens in the text are not matched.
"""

import argparse
import base64
import copy
import gzip
import hashlib
import io
import json
import pathlib
import random

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

import tokenizer_golden

SIZE = 8000
ROOT = pathlib.Path(__file__).resolve().parents[2]
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+",
])


def corpus():
    """Prose and code of the repository, and made-up text in many scripts."""
    lines = []
    for pattern in ("**/*.md", "**/*.go", "models/train/**/*.py"):
        for path in sorted(ROOT.glob(pattern)):
            if not any(part.startswith(".") for part in path.relative_to(ROOT).parts):
                lines += path.read_text(encoding="utf-8", errors="ignore").split("\n")
    lines += tokenizer_golden.PHRASES * 20 + list(tokenizer_golden.texts(3000, 101))
    return [line for line in lines if line.strip()]


def golden_texts(count):
    rng = random.Random(11)
    extra = ["a'ſ b'S c'LL d're 'T", "\r\n\r\n  \n x\n\n", "1234567890 12 3½ ٣٤٥ Ⅷ①", "   lead  and trail   ", "\u0301AB Ǆǅ ʰA中Ab'll",
             "\r\n\u0301 \u3000\u0301 \x01\x02a\x01 \u0600a", "ab \u2581cd\u2581\u2581 ef", "한\u0301 각 \u1100\u1161\u11a8 a\u0323\u0307", "<unk> <0xE4> </s>",
             "\t\tx = {'a':1};\n\n\n\treturn  x;  // ok\r\n", "|||IP_ADDRESS||| a |||EMAIL_ADDRESS|||", " " * 40 + "x" + " " * 7]
    yield from extra
    yield from tokenizer_golden.texts(count - len(extra), rng.randrange(1 << 30))


def train_bytes(pattern, lines):
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pattern is None)
    parts = [] if pattern is None else [pre_tokenizers.Split(tokenizer_regex(pattern), "isolated")]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(parts + [byte_level])
    trainer = trainers.BpeTrainer(vocab_size=SIZE, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(lines, trainer)
    return json.loads(tokenizer.to_str())


def tokenizer_regex(pattern):
    from tokenizers import Regex

    return Regex(pattern)


def token(id, content, **flags):
    base = dict(id=id, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    return {**base, **flags}


def template(single, pair, ids):
    """Pieces as "[CLS]:0 A:0 [SEP]:0"."""
    def pieces(text):
        for word in text.split():
            name, kind = word.rsplit(":", 1)
            yield {"Sequence" if name in "AB" else "SpecialToken": {"id": name, "type_id": int(kind)}}

    tokens = {name: {"id": name, "ids": [id], "tokens": [name]} for name, id in ids.items()}
    return {"type": "TemplateProcessing", "single": list(pieces(single)), "pair": list(pieces(pair)), "special_tokens": tokens}


def byte_level(**settings):
    return {"type": "ByteLevel", **{**dict(add_prefix_space=False, trim_offsets=True, use_regex=True), **settings}}


def gpt2(lines):
    config = train_bytes(None, lines)
    config["pre_tokenizer"] = byte_level()
    config["post_processor"] = byte_level()
    config["model"]["merges"] = [" ".join(pair) for pair in config["model"]["merges"]]
    config["added_tokens"] = [token(SIZE, "<|endoftext|>", normalized=True)]
    return config


def llama3(lines):
    config = train_bytes(LLAMA3, lines)
    vocab = config["model"]["vocab"]
    for word in ("Ġvillage", "Ġimpossibility", "ãģĵãĤĵ", "didn", "ĠÃľbermut"):  # no merges lead to these
        vocab.setdefault(word, len(vocab))
    config["model"]["ignore_merges"] = True
    split = {"type": "Split", "pattern": {"Regex": LLAMA3}, "behavior": "Isolated", "invert": False}
    config["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, byte_level(use_regex=False)]}
    start = len(vocab)
    config["added_tokens"] = [token(start, "<|begin_of_text|>"), token(start + 1, "<|eot_id|>")]
    around = template("<|begin_of_text|>:0 A:0", "<|begin_of_text|>:0 A:0 <|begin_of_text|>:1 B:1", {"<|begin_of_text|>": start})
    config["post_processor"] = {"type": "Sequence", "processors": [byte_level(trim_offsets=False), around]}
    return config


def modernbert(lines):
    config = train_bytes(None, lines)
    config["normalizer"] = {"type": "NFC"}
    config["pre_tokenizer"] = byte_level()
    n = len(config["model"]["vocab"])
    names = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    config["added_tokens"] = [token(n + i, name, lstrip=name == "[MASK]") for i, name in enumerate(names)]
    plain = ["|||IP_ADDRESS|||", "|||EMAIL_ADDRESS|||"] + [" " * k for k in range(24, 1, -1)]
    config["added_tokens"] += [token(n + 5 + i, text, normalized=True, special=False) for i, text in enumerate(plain)]
    ids = {"[CLS]": n + 1, "[SEP]": n + 2}
    config["post_processor"] = template("[CLS]:0 A:0 [SEP]:0", "[CLS]:0 A:0 [SEP]:0 B:1 [SEP]:1", ids)
    return config


def phi3(lines):
    """Llama 2's form: no pre-tokenizer, spaces as marks, bytes for what has no token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=SIZE - 259, limit_alphabet=700, show_progress=False))
    config = json.loads(tokenizer.to_str())
    names = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    trained = sorted(config["model"]["vocab"], key=config["model"]["vocab"].get)
    names += [name for name in trained if name not in names]
    config["model"].update(vocab={name: id for id, name in enumerate(names)}, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    config["pre_tokenizer"] = None
    config["added_tokens"] = [token(0, "<unk>"), token(1, "<s>"), token(2, "</s>", rstrip=True, special=False), token(len(names), "<|end|>", rstrip=True)]
    config["post_processor"] = template("<s>:0 A:0", "<s>:0 A:0 <s>:1 B:1", {"<s>": 1})
    return config


def sentencepiece_model(lines, **settings):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=out, vocab_size=SIZE - 10, model_type="unigram", normalization_rule_name="nmt_nfkc",
        character_coverage=0.995, num_threads=1, minloglevel=2, max_sentence_length=100000, **settings)
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(out.getvalue())
    return model


def unigram(model, names, offset):
    """A config with names in front of the trained pieces."""
    pieces = [[name, 0.0] for name in names] + [[p.piece, p.score] for p in model.pieces[offset:]]
    charsmap = base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": charsmap},
        "model": {"type": "Unigram", "unk_id": names.index("<unk>" if "<unk>" in names else "[UNK]"), "vocab": pieces, "byte_fallback": False},
    }


METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}


def xlmr(lines):
    names = ["<s>", "<pad>", "</s>", "<unk>"]
    config = unigram(sentencepiece_model(lines), names, 3)
    vocab = config["model"]["vocab"]
    vocab.append(["<mask>", 0.0])
    config["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, METASPACE]}
    config["added_tokens"] = [token(i, name) for i, name in enumerate(names)] + [token(len(vocab) - 1, "<mask>", lstrip=True)]
    config["post_processor"] = template("<s>:0 A:0 </s>:0", "<s>:0 A:0 </s>:0 </s>:0 B:0 </s>:0", {"<s>": 0, "</s>": 2})
    return config


def deberta(lines):
    names = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    config = unigram(sentencepiece_model(lines, seed_sentencepiece_size=100000, max_sentencepiece_length=12), names, 3)
    vocab = config["model"]["vocab"]
    spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    config["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Strip", "strip_left": True, "strip_right": True}, config["normalizer"], spaces]}
    config["pre_tokenizer"] = METASPACE
    config["added_tokens"] = [token(i, name) for i, name in enumerate(names)] + [token(len(vocab), "[MASK]")]
    config["post_processor"] = template("[CLS]:0 A:0 [SEP]:0", "[CLS]:0 A:0 [SEP]:0 B:1 [SEP]:1", {"[CLS]": 1, "[SEP]": 2})
    return config


FAMILIES = dict(gpt2=gpt2, llama3=llama3, modernbert=modernbert, phi3=phi3, xlmr=xlmr, deberta=deberta)


def split(pattern, behavior, invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def before_bytes(*parts):
    return {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [*parts, byte_level(use_regex=False)]}}


def patches():
    """Settings of one part each, on top of a family."""
    yield "llama3", before_bytes(split({"Regex": QWEN2}, "Isolated"))
    yield "llama3", before_bytes(split({"Regex": O200K}, "Removed", True))
    yield "llama3", {"pre_tokenizer": byte_level(add_prefix_space=True)}
    for behavior in ("Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
        yield "gpt2", before_bytes({"type": "Punctuation", "behavior": behavior})
        yield "gpt2", before_bytes(split({"Regex": "[a-f]{1,2}|[0-9]+"}, behavior, behavior != "Contiguous"))
        yield "gpt2", before_bytes(split({"String": "e"}, behavior))
    yield "gpt2", before_bytes({"type": "Digits", "individual_digits": True})
    yield "gpt2", before_bytes({"type": "Digits", "individual_digits": False})
    yield "gpt2", before_bytes({"type": "Whitespace"})
    yield "gpt2", {"normalizer": {"type": "Lowercase"}}
    yield "gpt2", {"normalizer": {"type": "NFC"}, "pre_tokenizer": byte_level(add_prefix_space=True), "post_processor": byte_level(add_prefix_space=True)}
    roberta = {"type": "RobertaProcessing", "sep": ["b", 65], "cls": ["a", 64], "trim_offsets": True, "add_prefix_space": True}
    yield "gpt2", {"pre_tokenizer": byte_level(add_prefix_space=True), "post_processor": roberta}
    yield "modernbert", {"post_processor": {**roberta, "add_prefix_space": False}}
    for scheme in ("always", "first", "never"):
        for cut in (True, False):
            yield "xlmr", {"pre_tokenizer": {**METASPACE, "prepend_scheme": scheme, "split": cut}}
    punctuated = {"type": "Sequence", "pretokenizers": [{"type": "Punctuation", "behavior": "Isolated"}, {**METASPACE, "prepend_scheme": "first"}]}
    yield "deberta", {"pre_tokenizer": punctuated}
    yield "deberta", {"post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}}
    yield "phi3", {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Strip", "strip_left": False, "strip_right": True}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}}
    yield "phi3", {"model": {"byte_fallback": False}}
    yield "phi3", {"model": {"byte_fallback": False, "fuse_unk": False}}
    flags = [dict(content="the", single_word=True), dict(content="of", lstrip=True), dict(content="in", rstrip=True), dict(content="ab", lstrip=True, rstrip=True),
             dict(content="a"), dict(content="ÜB", normalized=True), dict(content="é", single_word=True, normalized=True), dict(content="  ", normalized=True),
             dict(content="ing", special=True), dict(content="er", normalized=True, lstrip=True, single_word=False)]
    for family in FAMILIES:
        added = [token(100000 + i, **{"special": False, **f}) for i, f in enumerate(flags)]
        yield family, {"added_tokens": added}
    yield "gpt2", {"added_tokens": added, "normalizer": {"type": "Lowercase"}, "post_processor": byte_level(add_prefix_space=True)}
    spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    yield "xlmr", {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, spaces]}}


def patched(config, patch):
    config = copy.deepcopy(config)
    for key, value in patch.items():
        if key == "model":
            config[key].update(value)
        else:
            config[key] = value
    size = len(config["model"]["vocab"])
    known = config["model"]["vocab"]
    ids = known if isinstance(known, dict) else {name: id for id, (name, _) in enumerate(known)}
    for t in config["added_tokens"]:  # the library gives out ids itself
        if t["id"] >= 100000:
            if t["content"] in ids:
                t["id"] = ids[t["content"]]
            else:
                t["id"], size = size, size + 1
    return config


def load(config):
    tokenizer = Tokenizer.from_str(json.dumps(config))
    tokenizer.encode_special_tokens = True
    return tokenizer


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def digest(value):
    return hashlib.sha256(compact(value).encode()).hexdigest()[:16]


def outcomes(tokenizer, texts, full):
    for n, text in enumerate(texts):
        got = tokenizer_golden.case(tokenizer, text)[1:]
        yield got if full and n % full == 0 else digest(got)


def pairs(tokenizer, texts):
    """Ids and segments of one text and of two, special tokens around them."""
    rng = random.Random(5)
    short = [text for text in texts if len(text) < 200]
    for n in range(40):
        a, b = rng.choice(short), rng.choice(short)
        got = tokenizer.encode(a) if n % 2 else tokenizer.encode(a, b)
        yield {"texts": [a] if n % 2 else [a, b], "ids": got.ids, "types": got.type_ids}


def write(path, lines):
    path.parent.mkdir(exist_ok=True)
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        for line in lines:
            out.write(compact(line).encode() + b"\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path, help="the testdata folder")
    parser.add_argument("--count", type=int, default=2000)
    args = parser.parse_args()
    folder = args.out / "families"
    texts, lines, configs = list(golden_texts(args.count)), corpus(), {}
    write(folder / "texts.jsonl.gz", texts)
    for name, make in FAMILIES.items():
        configs[name] = make(lines)
        tokenizer = load(configs[name])
        write(folder / f"{name}.jsonl.gz", [configs[name], *outcomes(tokenizer, texts, 8), *pairs(tokenizer, texts)])
        print(name, tokenizer.get_vocab_size(), flush=True)

    def patch_lines():
        for name, patch in patches():
            config = patched(configs[name], patch)
            if "added_tokens" in patch:
                patch = {**patch, "added_tokens": config["added_tokens"]}
            yield {"family": name, "patch": patch, "outcomes": list(outcomes(load(config), texts[:300], 0))}

    write(folder / "patches.jsonl.gz", patch_lines())


if __name__ == "__main__":
    main()
