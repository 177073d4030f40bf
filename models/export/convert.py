#!/usr/bin/env python3
"""Makes a bundle from a model folder in the style of Hugging Face.

    python models/export/convert.py open-provence-reranker-v1-gte-modernbert-base/ --out bundles/en-gte

Known are, each told by config.json and the names of the tensors:

  pruner    OpenProvence (pruning_head) on BERT, XLM-RoBERTa, ModernBERT and
            DeBERTa; Provence (DeBERTa-v3) and XProvence (XLM-RoBERTa) of NAVER
  reranker  cross-encoders with one label
  embedder  sentence embedders with mean or CLS pooling

Nothing is downloaded, and no code of the folder is run. The folder needs
config.json, tokenizer.json and the weights. What the manifest says beyond the
checkpoint (name, version, licence, thresholds, window) comes from the options;
--config names a JSON file whose fields replace those of the manifest.

At the end the graph is compared with PyTorch. An fp32 graph whose probabilities
differ by more than 1e-4 is an error, and no bundle is left behind.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

import onnx
from tqdm import tqdm

import bundle
import checkpoint
import embedder
import graph
import heads
import int8
import pruner
from checkpoint import CROSS_ENCODER, EMBEDDER, OPEN_PROVENCE, PROVENCE, Refused

TOLERANCE = 1e-4
# What a window holds beside text, as package models counts it.
TITLE_TOKENS, SPECIAL_TOKENS, LEAST_TEXT = 32, 4, 16
STEPS = ("read", "check the tokenizer", "build", "export", "quantise", "compare with PyTorch", "write the manifest")
# Thresholds by layout: as published, with a weaker and a stronger one beside it.
OPEN_PROVENCE_PRESETS = {"safe": 0.05, "balanced": 0.1, "aggressive": 0.3}
PROVENCE_PRESETS = {"safe": 0.05, "balanced": 0.1, "aggressive": 0.5}
XPROVENCE_PRESETS = {"safe": 0.1, "balanced": 0.3, "aggressive": 0.7}
RERANKER_PRESETS = {"safe": 0.1, "balanced": 0.3, "aggressive": 0.5}


def main() -> None:
    args = arguments()
    pruner.use_threads(args.threads)
    try:
        convert(args)
    except Refused as refused:
        sys.exit(f"convert.py: {refused}")


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("folder", type=Path, help="model folder: config.json, tokenizer.json, weights")
    add("--out", type=Path, required=True, help="bundle folder to write; must not exist, or be a bundle")
    add("--precision", choices=("fp32", "fp16", "int8"), default="fp32", help="of the graph's weights (default: fp32); fp16 pays on GPUs")
    add("--kind", choices=("auto", "pruner", "reranker", "embedder"), default="auto", help="of the bundle; auto, the default, tells it from the tensors")
    add("--name", help="of the bundle (default: that of the folder)")
    add("--model-version", default="1.0.0", help="of the bundle (default: 1.0.0)")
    add("--license", help="of the weights (default: that of the model card, README.md)")
    add("--window", type=int, help="tokens of a window (default: 512, or what the model reads)")
    add("--overlap", type=int, help="tokens of context on each side of a window (default: 32)")
    add("--query-tokens", type=int, help="the most a query may take (default: a quarter of the window)")
    add("--aggregation", choices=("mean", "majority", "ratio"), help="rule of a sentence (default: mean; ratio for Provence)")
    add("--query-normalization", choices=("none", "provence"), help="of a query (default: none; provence for NAVER's Provence)")
    add("--title", choices=("ignore", "prefix"), default="ignore", help="what becomes of a document's title (default: ignore)")
    add("--threshold", type=float, help="of the preset balanced (default: that of the checkpoint)")
    add("--pooling", choices=("cls", "mean"), help="of an embedder (default: that of 1_Pooling/config.json)")
    add("--query-prefix", help="of an embedder (default: that of config_sentence_transformers.json)")
    add("--config", type=Path, help="JSON file with fields of the manifest that replace the chosen ones")
    add("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    return parser.parse_args(argv)


def convert(args: argparse.Namespace) -> dict:
    """Writes the bundle and returns its manifest. A failure leaves nothing behind."""
    out = args.out
    if out.exists() and not (out / bundle.MANIFEST).is_file():
        raise Refused(f"--out {out}: exists and is not a bundle")
    progress = tqdm(total=len(STEPS), unit="step")
    made = out.with_name(out.name + ".part")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    try:
        manifest = _convert(args, made, progress)
        shutil.rmtree(out, ignore_errors=True)
        made.rename(out)
    finally:
        shutil.rmtree(made, ignore_errors=True)
        progress.close()
    size = sum(f.stat().st_size for f in out.iterdir())
    print(f"{out}: {manifest['kind']} {manifest['name']}@{manifest['version']}, {args.precision}, {size / 1e6:.1f} MB")
    return manifest


def _convert(args: argparse.Namespace, made: Path, progress: tqdm) -> dict:
    def step(name: str) -> None:
        progress.set_description(name)
        progress.update()

    step("read")
    c = checkpoint.read(args.folder)
    layout = checkpoint.layout(c)
    if args.kind not in ("auto", checkpoint.KINDS[layout]):
        raise c.refuse(checkpoint.CONFIG, f"the layout is that of a {checkpoint.KINDS[layout]} ({layout}), not of a {args.kind}")
    step("check the tokenizer")
    checkpoint.check_tokenizer(c)
    shutil.copyfile(c.folder / checkpoint.TOKENIZER, made / bundle.TOKENIZER)
    step("build")
    built = heads.build(c, layout)
    chosen = choose(c, layout, built, args)
    files = write_graph(built, made, args.precision, step)
    step("compare with PyTorch")
    check(built, made / bundle.MODEL, args.precision)
    step("write the manifest")
    return bundle.write_manifest(
        made, chosen, c.weights, [*files, bundle.TOKENIZER], built.inputs, built.outputs.names, args.precision, **fixed(layout)
    )


def write_graph(built: heads.Built, made: Path, precision: str, step) -> list[str]:
    """Writes model.onnx, for large models with a file of weights beside it, and returns the names."""
    with graph.scratch() as folder:
        step("export")
        plain = Path(folder) / bundle.MODEL
        graph.export(built.module, plain, built.outputs, built.inputs, built.vocabulary)
        step("quantise" if precision != "fp32" else "write")
        model = onnx.load(str(plain))
        if precision == "int8":
            model, count = int8.quantized(model, is_head)
            print(f"int8: {count} MatMul and the word embeddings; heads, layer norms and positions stay fp32")
        elif precision == "fp16":
            model = fp16(model)
    bytes_each = {"fp32": 4, "fp16": 2, "int8": 2}[precision]
    return graph.save(model, made / bundle.MODEL, graph.parameters_bytes(built.module, bytes_each) > graph.EXTERNAL_ABOVE)


def is_head(name: str) -> bool:
    """Whether a node belongs to a head, which stays in fp32."""
    return name.startswith(("/keep/", "/classifier/")) or any(part in name for part in ("/classifier/", "/pooler/", "/ranker/head/"))


def fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights and activations at 16 bits; inputs and outputs stay as they are."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    return convert_float_to_float16(model, keep_io_types=True)


def check(built: heads.Built, path: Path, precision: str) -> None:
    """Prints how far the graph is from PyTorch. An fp32 graph must be near."""
    for d in graph.differences(built.module, path, built.inputs, built.vocabulary, min(built.tokens, 512)):
        figures = ", ".join(f"{s:.1e} in sigmoid({name})" for name, s in zip(built.outputs.names.values(), d.sigmoid))
        print(f"{d.batch}x{d.tokens} random tokens: largest difference {figures}")
        if precision == "fp32" and not all(s <= TOLERANCE for s in d.sigmoid):  # also if one is NaN
            raise Refused(f"{path.name}: differs from PyTorch by {max(d.sigmoid):.1e}, more than {TOLERANCE:.0e}; this is a fault of the export")


def fixed(layout: str) -> dict:
    return {"activation": "sigmoid"} if checkpoint.KINDS[layout] == "pruner" else {}


def choose(c: checkpoint.Checkpoint, layout: str, built: heads.Built, args: argparse.Namespace) -> dict:
    """The chosen part of the manifest."""
    kind = checkpoint.KINDS[layout]
    limit = c.config.get("max_length") if layout == OPEN_PROVENCE else built.tokens
    tokens = min(built.tokens, int(limit or 512))
    window = args.window or min(512, tokens)
    card = card_of(c)
    licence = args.license or card.get("license") or "unknown"
    base = c.config.get("base_model_name_or_path") or c.config.get("_name_or_path") or c.folder.resolve().name
    overlap = 32 if window >= 256 else window // 8
    chosen = {
        "name": args.name or c.folder.resolve().name,
        "version": args.model_version,
        "kind": kind,
        "license": licence,
        "description": f"{LABELS[layout]} on {built_on(c, layout)}, made by models/export/convert.py.",
        "source": {"base_model": str(base), "base_license": licence},
        "training_data": [],
        "max_tokens": tokens,
        "window_tokens": window,
        "overlap_tokens": args.overlap if args.overlap is not None else overlap,
    }
    chosen.update(embedding(c, built, args) if kind == "embedder" else scoring(c, layout, window, args))
    if args.config:
        chosen.update(checkpoint.read_json(args.config))
    check_window(chosen)
    if re.search(r"\bnc\b", licence, re.IGNORECASE):
        print(f"note: the licence {licence} forbids commercial use of these weights, and of the bundle")
    return chosen


def check_window(chosen: dict) -> None:
    """A window must hold text beside what else it holds (Manifest.Validate in Go)."""
    window, overlap = chosen["window_tokens"], chosen["overlap_tokens"]
    if window > chosen["max_tokens"]:
        raise Refused(f"--window {window}: the model reads {chosen['max_tokens']} tokens")
    title = TITLE_TOKENS if chosen.get("title") == "prefix" else 0
    room = window - chosen.get("query_tokens", 0) - title - 2 * overlap - SPECIAL_TOKENS
    if room < LEAST_TEXT:
        raise Refused(f"--window {window}: leaves {room} tokens of text beside query, title and overlap; {LEAST_TEXT} are the least")


LABELS = {
    OPEN_PROVENCE: "Pruner and reranker of the OpenProvence layout",
    PROVENCE: "Pruner and reranker of the Provence layout",
    CROSS_ENCODER: "Cross-encoder that scores a text as a whole",
    EMBEDDER: "Sentence embedder",
}


def built_on(c: checkpoint.Checkpoint, layout: str) -> str:
    return checkpoint.encoder_config(c, layout)["model_type"]


def scoring(c: checkpoint.Checkpoint, layout: str, window: int, args: argparse.Namespace) -> dict:
    """What pruners and rerankers have: query, title, thresholds, calibration."""
    fields = {"query_tokens": args.query_tokens or window // 4, "title": args.title}
    if (between := checkpoint.separators(c, built_on(c, layout))) != 1:
        if between != 2:
            raise c.refuse(checkpoint.TOKENIZER, f"post_processor has {between} tokens between the texts of a pair, want 1 or 2")
        fields["separators"] = between
    presets, published = {
        OPEN_PROVENCE: (OPEN_PROVENCE_PRESETS, c.config.get("default_threadshold", c.config.get("default_threshold"))),
        PROVENCE: (PROVENCE_PRESETS if c.has("deberta.") else XPROVENCE_PRESETS, None),
        CROSS_ENCODER: (RERANKER_PRESETS, None),
    }[layout]
    balanced = args.threshold if args.threshold is not None else published
    presets = dict(presets, **({} if balanced is None else {"balanced": balanced}))
    # The weaker and the stronger preset stay on their sides of a chosen one.
    presets["safe"], presets["aggressive"] = min(presets["safe"], presets["balanced"]), max(presets["aggressive"], presets["balanced"])
    navers = layout == PROVENCE and c.has("deberta.")
    fields["query_normalization"] = args.query_normalization or ("provence" if navers else "none")
    if checkpoint.KINDS[layout] == "pruner":
        fields["aggregation"] = args.aggregation or ("ratio" if layout == PROVENCE else "mean")
    return {**fields, "thresholds": {"default": "balanced", "presets": presets}, "calibration": {"scale": 1.0, "bias": 0.0}}


def embedding(c: checkpoint.Checkpoint, built: heads.Built, args: argparse.Namespace) -> dict:
    """What sentence-transformers wrote about pooling and prefixes, or what the options say."""
    for module in checkpoint.read_json(c.folder / "modules.json") if (c.folder / "modules.json").is_file() else []:
        if module["type"].split(".")[-1] not in ("Transformer", "Pooling", "Normalize"):
            raise c.refuse("modules.json", f"type {module['type']} is not supported; want Transformer, Pooling, Normalize")
    pooling = args.pooling or embedder.published_pooling(c.folder)
    if pooling is None:
        raise c.refuse("1_Pooling/config.json", "the file is missing; say --pooling cls or --pooling mean")
    prompts = {}
    if (c.folder / "config_sentence_transformers.json").is_file():
        prompts = checkpoint.read_json(c.folder / "config_sentence_transformers.json").get("prompts") or {}
    for name in ("document", "passage"):
        if prompts.get(name):
            print(f"note: texts of this model begin with {prompts[name]!r}, which ragprune does not add")
    prefix = args.query_prefix if args.query_prefix is not None else prompts.get("query", "")
    return {"embedding": {"pooling": pooling, "normalize": True, "dimensions": built.hidden, "query_prefix": prefix}}


def card_of(c: checkpoint.Checkpoint) -> dict:
    """The simple fields at the head of the model card."""
    path = c.folder / "README.md"
    head = re.match(r"---\n(.*?)\n---", path.read_text(encoding="utf-8", errors="replace"), re.DOTALL) if path.is_file() else None
    return dict(re.findall(r"^(\w+):[ \t]*([^\s#].*?)\s*$", head.group(1), re.MULTILINE)) if head else {}


if __name__ == "__main__":
    main()
