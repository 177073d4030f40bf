#!/usr/bin/env python3
"""Makes the tiny bundles of testdata, with what PyTorch says of them.

    python models/export/openprovence_reference.py ... --work /tmp/openprovence
    python models/export/tests/golden.py /tmp/openprovence

The checkpoints of the first command become bundles beside its golden files. The
other layouts are made here; their golden files come from PyTorch, with heads
that are written out here and not taken from heads.py. Another run gives other
bundles, since the training of tokenizers breaks ties by chance.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent)]
import convert  # noqa: E402
import tiny  # noqa: E402
from golden_file import rounded, write  # noqa: E402
from openprovence_cases import PAIRS  # noqa: E402

TESTDATA = Path(__file__).parent.parent / "testdata"


def main() -> None:
    for folder in sorted(Path(sys.argv[1]).iterdir()):
        out = bundle(folder)
        for name in ("golden.json", "process.json.gz"):
            shutil.copyfile(folder / name, out / name)
    with tempfile.TemporaryDirectory() as work:
        for name, make in MAKERS.items():
            folder, golden = make(Path(work) / name)
            write(bundle(folder) / "golden.json", golden)


def bundle(folder: Path) -> Path:
    out = TESTDATA / folder.name
    shutil.rmtree(out, ignore_errors=True)
    convert.convert(convert.arguments([str(folder), "--out", str(out), "--license", "Apache-2.0"]))
    return out


def encoded(family: str, query: str, text: list[str]) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """Ids, types and the range of each unit, units tokenised one by one."""
    made = tiny.tokenizer(family)
    encode = lambda t: made.encode(t, add_special_tokens=False).ids  # noqa: E731
    cls, sep = ("<s>", "</s>") if family == "xlm-roberta" else ("[CLS]", "[SEP]")
    head = [made.token_to_id(cls), *encode(query), *[made.token_to_id(sep)] * (2 if family == "xlm-roberta" else 1)]
    ids, ranges = list(head), []
    for unit in text:
        start = len(ids)
        ids += encode(unit)
        ranges.append((start, len(ids)))
    return [*ids, made.token_to_id(sep)], [0] * len(head) + [1] * (len(ids) - len(head) + 1), ranges


def cases(family: str, run, normalize=lambda q: q) -> dict:
    """run gives two keep logits per token and the ranking logits of one sequence of ids."""
    rows = []
    for pair in PAIRS:
        ids, types, ranges = encoded(family, normalize(pair["query"]), pair["units"])
        with torch.no_grad():
            keep, rank = run(torch.tensor([ids]), torch.tensor([types]))
        keep = torch.softmax(keep[0], dim=-1)[:, 1]
        scores = [ratio(keep[a:b].tolist()) for a, b in ranges]
        rows.append({**pair, "ids": ids, "types": types, "keep": rounded(keep.tolist()), "scores": rounded(scores), "logit": round(float(rank[0, 0]), 6)})
    return {"reference": f"PyTorch {torch.__version__}", "cases": rows}


def ratio(tokens: list[float]) -> float:
    """Where the share of tokens above T falls to T: by trying every T in small steps."""
    steps = 10_000
    return max((t / steps for t in range(steps) if sum(p > t / steps for p in tokens) / len(tokens) > t / steps), default=0.0) + 1 / steps


def plain(query: str) -> str:
    """NAVER's normalisation of a query."""
    import string

    return " ".join(query.lower().translate(str.maketrans("", "", string.punctuation)).split())


def provence(folder: Path):
    made, model, head, _ = tiny.provence(folder, "deberta-v2")

    def run(ids, _):
        hidden = model.deberta(input_ids=ids).last_hidden_state
        return head(hidden), model.classifier(torch.nn.functional.gelu(model.pooler.dense(hidden[:, 0])))

    return made, cases("deberta-v2", run, plain)


def xprovence(folder: Path):
    made, model, head, _ = tiny.provence(folder, "xlm-roberta")

    def run(ids, _):
        hidden = model.roberta(input_ids=ids).last_hidden_state
        return head(hidden), model.classifier.out_proj(torch.tanh(model.classifier.dense(hidden[:, 0])))

    return made, cases("xlm-roberta", run)


def xprovence_pooled(folder: Path):
    made, model, head, rank = tiny.provence(folder, "xlm-roberta", pooled=True)

    def run(ids, _):
        hidden = model(input_ids=ids).last_hidden_state
        return head(hidden), rank(torch.tanh(model.pooler.dense(hidden[:, 0])))

    return made, cases("xlm-roberta", run)


def cross_encoder(family: str):
    def make(folder: Path):
        made, model = tiny.cross_encoder(folder, family)
        more = (lambda types: {"token_type_ids": types}) if family == "bert" else (lambda types: {})

        def logit(query, units):
            ids, types, _ = encoded(family, query, units)
            with torch.no_grad():
                return float(model(input_ids=torch.tensor([ids]), **more(torch.tensor([types]))).logits[0, 0])

        rows = []
        for pair in PAIRS:
            ids, types, _ = encoded(family, pair["query"], pair["units"])
            scores = [1 / (1 + 2.718281828459045 ** -logit(pair["query"], [u])) for u in pair["units"]]
            rows.append({**pair, "ids": ids, "types": types, "scores": rounded(scores), "logit": round(logit(pair["query"], pair["units"]), 6)})
        return made, {"reference": f"PyTorch {torch.__version__}", "cases": rows}

    return make


def embedder(family: str, pooling: str):
    def make(folder: Path):
        made, model = tiny.embedder(folder, family, pooling)
        tokens: Tokenizer = tiny.tokenizer(family)

        def vector(text):
            ids = torch.tensor([tokens.encode(text).ids])
            with torch.no_grad():
                hidden = model(input_ids=ids).last_hidden_state[0]
            pooled = hidden[0] if pooling == "cls" else hidden.mean(dim=0)
            return rounded((pooled / pooled.norm()).tolist())

        rows = [{"query": p["query"], "units": p["units"], "query_vector": vector("query: " + p["query"]), "unit_vectors": [vector(u) for u in p["units"]]} for p in PAIRS]
        return made, {"reference": f"PyTorch {torch.__version__}", "cases": rows}

    return make


MAKERS = {
    "provence": provence,
    "xprovence": xprovence,
    "xprovence-pooled": xprovence_pooled,
    "cross-encoder-bert": cross_encoder("bert"),
    "cross-encoder-xlm-roberta": cross_encoder("xlm-roberta"),
    "embedder-bert": embedder("bert", "cls"),
    "embedder-xlm-roberta": embedder("xlm-roberta", "mean"),
}


if __name__ == "__main__":
    main()
