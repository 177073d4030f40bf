#!/usr/bin/env python3
"""Records what the OpenProvence implementation answers, as golden files.

    python models/export/openprovence_reference.py --module modeling_open_provence_standalone.py \\
        --punkt english.json --work /tmp/openprovence

The module is that of https://github.com/hotchpotch/open_provence (MIT), which is
run and not kept here; its releases were made with transformers 4.57.1 and nltk
3.9.1, so run it with those (requirements-reference.txt). english.json are the
Punkt parameters of the Go module github.com/neurosnap/sentences, which are
those of NLTK; the Go side reads the same.

Written are, for each encoder, a tiny checkpoint of random weights and a
two golden files beside it: what its forward pass gives for a few pairs, and
what process() gives for many arguments. With --bundle, the graph of that bundle
takes the place of the forward pass, one block at a time, and the answers of
process() go to --golden. --sentences writes how texts are split, for the Go
tests too. tests/golden.py makes bundles of the checkpoints.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import warnings
from pathlib import Path

import nltk
import numpy as np
import onnxruntime as ort
import torch
import transformers
from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

sys.path.append(str(Path(__file__).parent / "tests"))
import tiny  # noqa: E402
from golden_file import rounded, write  # noqa: E402
from openprovence_cases import CASES, PAIRS, QUERY, texts_to_split  # noqa: E402

REVISION = "9635cbc"
RECORDED = ("pruned_context", "reranking_score", "compression_rate", "title", "kept_sentences", "removed_sentences", "sentence_probabilities")


def main() -> None:
    args = arguments()
    warnings.simplefilter("ignore")
    module = load_module(args.module, punkt(args.punkt))
    if args.sentences:
        rows = [[text, module.english_sentence_splitter(text)] for text in texts_to_split()]
        write(args.sentences, {"reference": versions(), "texts": rows})
        return
    if args.bundle:
        model = on_graph(module, args.bundle)
        write(args.golden, processed(model))
        return
    for family in tiny.CONFIGS:
        folder, *_ = tiny.open_provence(args.work / f"openprovence-{family}", family)
        model = module.OpenProvenceModel.from_pretrained(str(folder), device="cpu")
        write(folder / "golden.json", {"reference": versions(), "cases": [forward(module, model, p) for p in PAIRS]})
        write(folder / "process.json.gz", processed(model))
        print(folder)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--module", type=Path, required=True, help="modeling_open_provence_standalone.py")
    add("--punkt", type=Path, required=True, help="data/english.json of the Go module github.com/neurosnap/sentences")
    add("--work", type=Path, help="folder for checkpoints and golden files")
    add("--bundle", type=Path, help="pruner bundle whose graph answers instead")
    add("--golden", type=Path, help="golden file to write with --bundle")
    add("--sentences", type=Path, help="file to write split texts to")
    args = parser.parse_args()
    if args.sentences:
        return args
    if bool(args.bundle) != bool(args.golden) or bool(args.work) == bool(args.bundle):
        parser.error("want --work, --sentences, or --bundle and --golden")
    return args


def versions() -> str:
    return f"open_provence {REVISION}, transformers {transformers.__version__}, nltk {nltk.__version__}"


def punkt(path: Path) -> PunktSentenceTokenizer:
    data, params = json.loads(path.read_text(encoding="utf-8")), PunktParameters()
    params.abbrev_types = set(data["AbbrevTypes"])
    params.sent_starters = set(data["SentStarters"])
    params.collocations = {tuple(pair.split(",", 1)) for pair in data["Collocations"]}
    params.ortho_context.update(data["OrthoContext"])
    made = PunktSentenceTokenizer()
    made._params = params
    return made


def load_module(path: Path, sentences: PunktSentenceTokenizer):
    spec = importlib.util.spec_from_file_location("open_provence_reference", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module._ENGLISH_SENTENCE_TOKENIZER = sentences
    return module


def on_graph(module, bundle: Path):
    """The reference with a bundle's graph for its forward pass."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(bundle / manifest["tokenizer"]), cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]"
    )
    session = ort.InferenceSession(str(bundle / manifest["model"]), providers=["CPUExecutionProvider"])
    model = module.OpenProvenceModel.__new__(module.OpenProvenceModel)
    torch.nn.Module.__init__(model)
    model.tokenizer, model.max_length, model._runtime_device = tokenizer, manifest["max_tokens"], torch.device("cpu")
    model.default_splitter_language, model.default_threshold = "auto", 0.1
    model._update_tokenizer_runtime()
    model._update_runtime_defaults()

    def forward(input_ids, attention_mask, token_type_ids, return_dict):
        keep, rank = session.run(None, {"input_ids": input_ids.numpy(), "attention_mask": attention_mask.numpy(), "token_type_ids": token_type_ids.numpy()})
        pruning = torch.from_numpy(np.stack([np.zeros_like(keep), keep], axis=-1))
        return {"ranking_logits": torch.from_numpy(rank)[:, None], "pruning_logits": pruning}

    model.forward = forward
    return model


def forward(module, model, pair: dict) -> dict:
    """One block as process() builds it, and what the model says of each token."""
    encode = lambda text: model.tokenizer.encode(text, add_special_tokens=False)  # noqa: E731
    units = [encode(u) for u in pair["units"]]
    fragments = [module._FragmentRecord("", i, 0, i, len(ids), ids) for i, ids in enumerate(units)]
    ids, _, types, ranges = model._prepare_block_inputs(encode(pair["query"]), fragments)
    batch = torch.tensor([ids])
    more = {"token_type_ids": torch.tensor([types])} if getattr(model.base_model_config, "type_vocab_size", 0) > 1 else {}
    with torch.no_grad():
        out = model.forward(input_ids=batch, attention_mask=torch.ones_like(batch), **more)
    keep = torch.softmax(out.pruning_logits[0], dim=-1)[:, 1].numpy()
    scores = [float(keep[a:b].mean()) for a, b in ranges]
    return {**pair, "ids": ids, "types": types, "keep": rounded(keep.tolist()), "scores": rounded(scores), "logit": round(float(out.ranking_logits[0, 0]), 6)}


def processed(model) -> dict:
    """What process() answers for every case, or the error it raises."""
    rows = []
    for name, arguments in CASES.items():
        call = {"question": QUERY, **arguments}
        row = {"name": name, "arguments": call}
        try:
            # One block at a time: int8 activations of a graph depend on the batch.
            answer = model.process(**call, batch_size=1, show_progress=False, return_sentence_metrics=True, return_sentence_texts=True, enable_warnings=False)
            row["result"] = {key: rounded(answer[key]) for key in RECORDED}
        except Exception as error:  # what it raises is recorded too
            row["error"] = f"{type(error).__name__}: {error}"
        rows.append(row)
    return {"reference": versions(), "max_length": model.max_length, "cases": rows}


if __name__ == "__main__":
    main()
