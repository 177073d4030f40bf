#!/usr/bin/env python3
"""Scores block paths by the plain definition (HtmlRAG, arXiv 2411.02959, 3.4).

    python reference_generate.py --golden rerank/generate/testdata/tiny

makes the tiny generator bundle there with export_generator.py, and golden.json
with what PyTorch says about the cases below. Go must come to the same
probabilities with a shared cache and far fewer tokens.

    python reference_generate.py --source HTML-Pruner-Llama-1B/ --bundle html-pruner-llama-1b --cases cases.json

prints the same for another model and other cases.

The definition: the paths are sequences of tokens and make a tree. The
probability of a token is the softmax of the model's last logits over the tokens
that stand beside it in the tree, and that of a block is the product over its
path. Here every node of the tree costs a forward pass over prompt and path, also
where nothing stands beside it and the probability is 1.

Where a path ends and others go on, the alternative to going on is the first
token of the block's text, because text is what follows a path in the training
data. Blocks that are spelled alike share their probability.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import torch
from tokenizers import Tokenizer

import chat
import generator
import pruner
import tiny_generator

# Query and blocks, each a path and its text. The markup is made of them.
CASES = [
    ("how high is the tower", [
        ("<html><title>", "The tower"),
        ("<html><body><nav>", "Home"),
        ("<html><body><div1><h1>", "Tower"),
        ("<html><body><div1><p1>", "It was built in 1889 by the river."),
        ("<html><body><div1><p2>", "The tower is 330 metres high."),
        ("<html><body><div2><ul><li1>", "bridge"),
        ("<html><body><div2><ul><li2>", "city"),
        ("<html><body><div10>", "Footer of the page."),
        ("<html><body><table><tr>", "year 1889"),
    ]),
    # Paths that end where others go on, one of them with text that looks like
    # a tag; blocks that the tokenizer spells alike; a text without tokens.
    ("which city", [
        ("<html><body>", "Text of the body itself."),
        ("<html><body><div1>", "<p> is a tag"),
        ("<html><body><div1><p1>", "city"),
        ("<html><body><div1><p2>", "river"),
        ("<html><body><DIV2>", "one"),
        ("<html><body><div2>", "two"),
        ("<html><body><ul>", "\u200b"),
        ("<html><body><ul><li>", "three"),
    ]),
    ("one block alone", [("<html><body><p>", "Nothing beside it.")]),
    ("no branch but the last", [(f"<html><body><main><section><p{i}>", f"number {i}") for i in range(1, 14)]),
]
HEAD = 64


@dataclass
class Node:
    children: dict = field(default_factory=dict)  # key: ("token" | "stop", token)
    blocks: list[int] = field(default_factory=list)


@dataclass
class Reference:
    """What the definition says: log probability per block, and what it took."""

    logs: list[float]
    nodes: int = 0
    branching: int = 0
    alone: int = 0


def reference(model, prompt: list[int], paths: list[list[int]], stops: list[int]) -> Reference:
    out = Reference([0.0] * len(paths))
    root = tree(paths, stops)

    def visit(node: Node, prefix: list[int], log: float) -> None:
        for block in node.blocks:
            out.logs[block] = log - math.log(len(node.blocks))
        if not node.children:
            return
        keys = list(node.children)
        with torch.inference_mode():
            logits = model(torch.tensor([prompt + prefix])).logits[0, -1].float()
        siblings = torch.log_softmax(logits[[token for _, token in keys]].double(), 0).tolist()
        out.nodes += len(keys)
        out.branching += len(keys) > 1
        out.alone += len(keys) == 1
        for (kind, token), probability in zip(keys, siblings):
            visit(node.children[kind, token], prefix + [token], log + probability)

    visit(root, [], 0.0)
    return out


def tree(paths: list[list[int]], stops: list[int]) -> Node:
    root = Node()
    for block, path in enumerate(paths):
        node = root
        for token in path:
            node = node.children.setdefault(("token", token), Node())
        node.blocks.append(block)

    def end(node: Node) -> None:
        if node.blocks and node.children:
            node.children["stop", stops[node.blocks[0]]] = Node(blocks=node.blocks)
            node.blocks = []
        for (kind, _), child in node.children.items():
            if kind == "token":
                end(child)

    end(root)
    return root


class Spelling:
    """Tokens of the bundle, made text by text without special tokens."""

    def __init__(self, bundle: Path):
        self._manifest = json.loads((bundle / "manifest.json").read_text())
        self._tokenizer = Tokenizer.from_file(str(bundle / "tokenizer.json"))

    def text(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def prompt(self, query: str, markup: str) -> list[int]:
        ids = []
        for part in self._manifest["generation"]["prompt"]:
            if "special" in part:
                ids.append(self._tokenizer.token_to_id(part["special"]))
            else:
                ids += self.text(chat.fill(part["text"], {"html": markup, "question": query}))
        return ids

    def stop(self, path: str, text: str) -> int:
        """The first token of text behind path; the end of the answer if it has none."""
        head = text.encode()[:HEAD].decode(errors="ignore")
        ids, both = self.text(path), self.text(path + head)
        if both[: len(ids)] == ids and len(both) > len(ids):
            return both[len(ids)]
        alone = self.text(head)
        return alone[0] if alone else self._tokenizer.token_to_id(self._manifest["generation"]["end"])


def golden(model, spelling: Spelling, query: str, blocks: list[tuple[str, str]]) -> dict:
    markup, rows = "", []
    for path, text in blocks:
        markup += path + text
        rows.append({"path": path, "text": text, "end": len(markup.encode())})
        markup += "".join(f"</{tag}>" for tag in reversed(path.strip("<>").split("><")))
    prompt = spelling.prompt(query, markup)
    ref = reference(model, prompt, [spelling.text(p) for p, _ in blocks], [spelling.stop(*b) for b in blocks])
    total = sum(math.exp(x) for x in ref.logs)
    if abs(total - 1) > 1e-6:
        raise SystemExit(f"{query!r}: the probabilities add up to {total}")
    return {"query": query, "markup": markup, "blocks": rows, "prompt": len(prompt), "logs": [round(x, 7) for x in ref.logs],
            "nodes": ref.nodes, "branching": ref.branching, "alone": ref.alone}


def main() -> None:
    args = arguments()
    pruner.use_threads(args.threads)
    if args.golden:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder)
            tiny_generator.save(source)
            make_bundle(source, args.golden)
            rows = all_cases(source, args.golden, CASES)
        (args.golden.parent / "golden.json").write_text(rows)
        return
    cases = [(c["query"], [tuple(b) for b in c["blocks"]]) for c in json.loads(args.cases.read_text())] if args.cases else CASES
    print(all_cases(args.source, args.bundle, cases), end="")


def make_bundle(source: Path, out: Path) -> None:
    config = source / "bundle.json"
    config.write_text(json.dumps({
        "name": "tiny-generator", "version": "1.0.0", "license": "Apache-2.0",
        "description": "Random weights for tests; it knows nothing.",
        "source": {"base_model": "random weights of models/export/tiny_generator.py", "base_license": "Apache-2.0"},
    }))
    script = Path(__file__).with_name("export_generator.py")
    subprocess.run([sys.executable, script, "--source", source, "--out", out, "--config", config,
                    "--precision", "fp32", "--window", "1024"], check=True)


def all_cases(source: Path, bundle: Path, cases) -> str:
    model, spelling = generator.load(source), Spelling(bundle)
    generator.freeze_rope(model, json.loads((bundle / "manifest.json").read_text())["window_tokens"])
    rows = [json.dumps(golden(model, spelling, *case), ensure_ascii=False) for case in cases]
    return "[\n" + ",\n".join(rows) + "\n]\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--golden", type=Path, help="bundle folder of the tiny generator to write; golden.json goes beside it")
    add("--source", type=Path, help="folder with the weights, in the style of Hugging Face")
    add("--bundle", type=Path, help="bundle made of them, for tokenizer and prompt")
    add("--cases", type=Path, help='JSON: [{"query": ..., "blocks": [[path, text], ...]}, ...] (default: the cases of the tests)')
    add("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    args = parser.parse_args()
    if not args.golden and not (args.source and args.bundle):
        parser.error("either --golden, or --source and --bundle")
    return args


if __name__ == "__main__":
    main()
