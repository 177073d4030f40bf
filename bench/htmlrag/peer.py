"""Prunes pages as PyPI htmlrag 0.1.1 does with its embedder, for bench/htmlrag.

Standard input has one JSON object a line: {"query", "html", "budgets"}. For each
a line goes out: the tokens of clean_html and, for every budget, what is left by
prune_HTML of the package ("package"), and by the loop of the paper's algorithm 2
over the same ranking ("paper"), where either could do it; milliseconds of
cleaning, embedding and pruning.

The blocks are those of clean_html and build_block_tree(max_node_words=256). They
are ranked by the embedder bundle of ragprune, so that only the code differs:
htmlrag would fetch a model of its own. The package imports libraries for that,
whose stand-ins are never called.

    pip install -r bench/htmlrag/requirements.txt --no-deps
"""

import argparse
import json
import os
import sys
import time
from unittest import mock

UNUSED = (
    "langchain_community.embeddings langchain_community.retrievers langchain_core.documents langchain_core.embeddings "
    "langchain_text_splitters langchain_community langchain_core transformers torch"
)
for module in UNUSED.split():
    sys.modules.setdefault(module, mock.MagicMock())

import bs4  # noqa: E402
import numpy as np  # noqa: E402
import onnxruntime as ort  # noqa: E402
from htmlrag import build_block_tree, clean_html  # noqa: E402
from htmlrag.html_utils import simplify_html, trim_path, truncate_input  # noqa: E402
from htmlrag.pruner import Pruner  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402


class Chat:
    """What htmlrag asks of the tokenizer of the chat model."""

    def __init__(self, path):
        self.tokenizer = Tokenizer.from_file(path)

    def encode(self, text, add_special_tokens=False):
        return self.tokenizer.encode(text, add_special_tokens=add_special_tokens).ids

    def tokenize(self, text):
        """Each token with the text before it that no token has, so that a text that is cut stays as it was written."""
        ends = [end for _, end in self.tokenizer.encode(text, add_special_tokens=False).offsets]
        return [text[start:end] for start, end in zip([0, *ends], ends)]

    def convert_tokens_to_string(self, tokens):
        return "".join(tokens)


class Embedder:
    """A bundle of kind embedder; a text longer than its window is cut."""

    def __init__(self, folder, threads):
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            self.manifest = json.load(file)
        self.tokenizer = Tokenizer.from_file(os.path.join(folder, self.manifest["tokenizer"]))
        self.tokenizer.enable_truncation(self.manifest["max_tokens"])
        self.known = {}
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(os.path.join(folder, self.manifest["model"]), options, providers=["CPUExecutionProvider"])

    def vector(self, text):
        if text not in self.known:
            self.known[text] = self.read(text)
        return self.known[text]

    def read(self, text):
        ids = np.array([self.tokenizer.encode(text).ids], dtype=np.int64)
        names = self.manifest["inputs"]
        feed = {names["ids"]: ids, names["mask"]: np.ones_like(ids), names["types"]: np.zeros_like(ids)}
        hidden = self.session.run([self.manifest["outputs"]["hidden"]], feed)[0][0]
        v = hidden[0] if self.manifest["embedding"]["pooling"] == "cls" else hidden.mean(axis=0)
        return v / np.linalg.norm(v)

    def rank(self, query, texts):
        q = self.vector(self.manifest["embedding"]["query_prefix"] + query)
        scores = [float(q @ self.vector(text)) for text in texts]
        return sorted(range(len(texts)), key=lambda i: -scores[i])


def paper(html, blocks, ranking, chat, budget):
    """Algorithm 2: the worst block goes until the rest fits."""
    soup = bs4.BeautifulSoup(html, "html.parser")
    tags = []
    for index in ranking:
        tag = soup
        for name in blocks[index][1]:
            tag = next(c for c in tag.contents if isinstance(c, bs4.element.Tag) and c.name == name)
        tags.append({"tag": tag, "is_leaf": blocks[index][2]})
    left = str(soup)
    while len(chat.encode(left)) > budget and len(tags) > 1:
        # What is over, in blocks, so that the page is not counted for each.
        over, freed = len(chat.encode(left)) - budget, 0
        while len(tags) > 1 and freed < max(over // 2, 1):
            worst = tags.pop()
            freed += max(1, len(chat.encode(str(worst["tag"]))))
            trim_path(worst)
        left = simplify_html(bs4.BeautifulSoup(str(soup), "html.parser"))
    return truncate_input(left, chat, budget)


def answer(item, embedder, chat):
    out, start = {}, time.perf_counter()
    try:
        html = clean_html(item["html"])
        out["cleaned"] = len(chat.encode(html))
        blocks, html = build_block_tree(html, max_node_words=256)
        out["clean_ms"] = 1e3 * (time.perf_counter() - start)
        start = time.perf_counter()
        ranking = embedder.rank(item["query"], [b[0].get_text() for b in blocks])
        out["embed_ms"] = 1e3 * (time.perf_counter() - start)
    except Exception as err:  # what it cannot do is a result
        return out | {"error": type(err).__name__}
    start = time.perf_counter()
    for name, prune in (
        ("package", lambda budget: Pruner().prune_HTML(html, blocks, ranking, chat, budget)),
        ("paper", lambda budget: paper(html, blocks, ranking, chat, budget)),
    ):
        out[name] = {}
        for budget in item["budgets"]:
            try:
                out[name][str(budget)] = prune(budget)
            except Exception as err:
                out.setdefault("failed", []).append(f"{name} {budget} {type(err).__name__}")
    out["prune_ms"] = 1e3 * (time.perf_counter() - start) / (2 * len(item["budgets"]))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--embedder", required=True, help="folder of the embedder bundle")
    parser.add_argument("--tokenizer", required=True, help="tokenizer.json that counts")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    embedder, chat = Embedder(args.embedder, args.threads), Chat(args.tokenizer)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), embedder, chat)), flush=True)


if __name__ == "__main__":
    main()
