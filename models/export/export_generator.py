#!/usr/bin/env python3
"""Makes a generator bundle (model.onnx, tokenizer.json, manifest.json, README.md).

    python export_generator.py --source HTML-Pruner-Llama-1B/ \\
        --config models/export/html-pruner-llama-1b.json --precision int8 --out html-pruner-llama-1b

    RAGPRUNE_GENERATOR=html-pruner-llama-1b ragprune serve

The source is a folder in the style of Hugging Face with a causal language
model: config.json, weights, tokenizer.json and tokenizer_config.json. Llama,
Phi-3, Qwen2, GPT-2 and GPT-NeoX are tested; any other that the transformers
library reads, with full or sliding attention in all layers, works as well.

The config holds what is chosen rather than computed: name, version, licence,
description, source. It may also hold `prompt`, `first_index`, `block_words`,
`query_tokens` and `thresholds`; see DEFAULTS. Without --config they are those,
and name and licence come from the command line.

The graph takes the keys and values of the tokens read before and gives those
with the new tokens added, and the logits of the last token. It is compared with
PyTorch at the end; a graph in fp32 that differs is an error.

More on the models of the HtmlRAG authors: generators.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path

import torch

import chat
import generator
import generator_graph as graphs
import bundle
import pruner

DEFAULTS = {
    # The prompt of the HtmlRAG paper (arXiv 2411.02959, appendix).
    "prompt": (
        "**HTML**: ```{html}```\n**Question**: **{question}**\n Your task is to identify the most relevant text piece "
        "to the given question in the HTML document. This text piece could either be a direct paraphrase to the fact, "
        "or a supporting evidence that can be used to infer the fact. The overall length of the text piece should be "
        "more than 20 words and less than 300 words. You should provide the path to the text piece in the HTML "
        "document. An example for the output is: <html1><body><div2><p>Some key information..."
    ),
    "first_index": 1,
    "block_words": 128,
    "query_tokens": 256,
    # Scores are 0.5 where a block is as probable as by chance.
    "thresholds": {"default": "balanced", "presets": {"safe": 0.2, "balanced": 0.4, "aggressive": 0.6}},
}
CHOSEN = ("prompt", "first_index", "block_words")
# The kinds of tokenizer.json that ragprune reads.
FAMILIES = ("BPE", "Unigram", "WordPiece")
# A larger difference of log probabilities to PyTorch is a fault of the graph.
LARGEST_DIFFERENCE = 1e-3


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    pruner.use_threads(args.threads)
    config = {**DEFAULTS, "name": args.out.name, "license": args.license or "", **read_config(args.config)}
    if not config["license"]:
        raise SystemExit("the licence of the weights is not known: give --license, or a --config with license")
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "manifest.json").unlink(missing_ok=True)  # no bundle until all is well
    step("reading", args.source)
    dtype = torch.float16 if args.precision == "fp16" else torch.float32
    try:
        model = generator.load(args.source, dtype)
        limits = window(model, args.window)
        note = generator.freeze_rope(model, limits["window_tokens"])
    except (generator.UnsupportedModel, OSError, ValueError) as err:
        raise SystemExit(f"{args.source}: {err}") from None
    step("rotary embeddings:", note) if note else None
    check_tokenizer(args.source / "tokenizer.json", model)
    shutil.copyfile(args.source / "tokenizer.json", args.out / "tokenizer.json")
    prompt, end = chat.template(args.source, config["prompt"], step)
    decoder = generator.Decoder(model)
    write_graph(decoder, args)
    step("comparing with PyTorch")
    differences = graphs.differences(decoder, args.out / "model.onnx", limits["window_tokens"])
    for tokens, (most, mean) in differences.items():
        print(f"  {tokens} tokens, read in three parts: log probabilities differ by {mean:.2g} on average, {most:.2g} at most")
    most, _ = max(differences.values())
    if args.precision == "fp32" and most > LARGEST_DIFFERENCE:
        raise SystemExit(f"the graph is not the model: log probabilities differ by {most:.2g}")
    write_manifest(config, limits, prompt, end, decoder, args)
    write_card(config, args)
    size = sum(f.stat().st_size for f in args.out.iterdir() if f.name.startswith("model.onnx"))
    step(f"{args.out} is made: the model has {size / 1e6:.1f} MB")


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--source", type=Path, required=True, help="folder with config.json, weights, tokenizer.json and tokenizer_config.json")
    add("--out", type=Path, required=True, help="bundle folder to write; its name is the name of the model unless --config says another")
    add("--config", type=Path, help="JSON with the chosen part of the manifest")
    add("--license", help="licence of the weights, if there is no --config")
    add("--precision", choices=("fp32", "fp16", "int8"), default="int8", help="int8: weights of matrices in blocks of 32 (default: int8)")
    add("--window", type=int, default=4096, help="most tokens that are read at once, the prompt included (default: 4096)")
    add("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    args = parser.parse_args(argv)
    for name in ("config.json", "tokenizer.json"):
        if not (args.source / name).is_file():
            parser.error(f"{args.source} has no {name}")
    return args


def check_tokenizer(path: Path, model) -> None:
    """Refuses a tokenizer that ragprune does not read or that is another model's."""
    content = json.loads(path.read_text())
    kind = content["model"].get("type", "BPE")
    if kind not in FAMILIES:
        raise SystemExit(f"{path}: model: type is {kind}, want {', '.join(FAMILIES)}")
    entries = content["model"]["vocab"]
    ids = list(entries.values()) if isinstance(entries, dict) else list(range(len(entries)))
    ids += [t["id"] for t in content.get("added_tokens", [])]
    logits = model.get_output_embeddings().weight.shape[0]
    if max(ids) >= logits:
        raise SystemExit(f"{path}: model: the vocabulary goes up to {max(ids)}, the weights to {logits - 1}: it belongs to another model")


def step(*what) -> None:
    print(f"[{time.strftime('%H:%M:%S')}]", *what, flush=True)


def read_config(path: Path | None) -> dict:
    return json.loads(path.read_text()) if path else {}


def window(model, tokens: int) -> dict:
    """The most that the model can read, and the most that it shall read."""
    text = model.config.get_text_config(decoder=True)
    most = getattr(text, "max_position_embeddings", None) or getattr(text, "n_positions", 0)
    return {"max_tokens": most, "window_tokens": min(tokens, most)}


def write_graph(decoder: generator.Decoder, args: argparse.Namespace) -> None:
    """Writes model.onnx, and model.onnx.data beside it where a file has no room."""
    for file in args.out.glob("model.onnx*"):
        file.unlink()
    with tempfile.TemporaryDirectory(dir=args.out) as folder:
        plain = Path(folder) / "plain.onnx"
        step("tracing")
        graphs.export(decoder, plain)
        if args.precision == "int8":
            step("quantising")
            count = graphs.quantize(plain)
            print(f"  {count} matrices in 8 bits")
        step("writing")
        graphs.save(plain, args.out / "model.onnx")


def write_manifest(config: dict, limits: dict, prompt: list, end: str, decoder, args: argparse.Namespace) -> None:
    files = sorted(f.name for f in args.out.iterdir() if f.name.startswith(("model.onnx", "tokenizer.json")))
    weights = sorted(args.source.glob("*.safetensors")) or sorted(args.source.glob("*.bin"))
    chosen = {k: v for k, v in config.items() if k not in (*CHOSEN, "query_tokens", "thresholds", "source")}
    shape = decoder.empty()[0].shape
    manifest = {
        "format": 1,
        "name": config["name"],
        "version": "1.0.0",
        "kind": "generator",
        "license": config["license"],
        "description": "",
        "training_data": [],
        **chosen,
        "source": {"base_model": args.source.resolve().name, "base_license": config["license"], **config.get("source", {}),
                   "weights_sha256": bundle.sha256(weights[0]) if weights else ""},
        "precision": args.precision,
        "files": {name: bundle.sha256(args.out / name) for name in files},
        "model": "model.onnx",
        "tokenizer": "tokenizer.json",
        "inputs": {"ids": generator.IDS, "mask": generator.MASK, "positions": generator.POSITIONS,
                   "past_key": generator.PAST["key"], "past_value": generator.PAST["value"]},
        "outputs": {"logits": generator.LOGITS,
                    "present_key": generator.PRESENT["key"], "present_value": generator.PRESENT["value"]},
        **limits,
        "query_tokens": min(config["query_tokens"], limits["window_tokens"] // 4),
        "thresholds": config["thresholds"],
        "generation": {
            "layers": len(decoder.empty()) // 2,
            "kv_heads": shape[1],
            "head_dim": shape[3],
            "prompt": prompt,
            "end": end,
            "first_index": config["first_index"],
            "block_words": config["block_words"],
        },
    }
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def write_card(config: dict, args: argparse.Namespace) -> None:
    """A model card that holds the facts; one that is there is left alone."""
    path = args.out / "README.md"
    if path.exists():
        return
    manifest = json.loads((args.out / "manifest.json").read_text())
    path.write_text(
        f"# {manifest['name']}\n\n{manifest['description']}\n\n"
        f"- **From** {manifest['source']['base_model']} ({manifest['source']['base_license']})\n"
        f"- **Licence** of this bundle: {manifest['license']}\n"
        f"- **Precision** {args.precision}; reads up to {manifest['window_tokens']} tokens\n"
        f"- **Made** by `models/export/export_generator.py`\n"
    )


if __name__ == "__main__":
    main()
