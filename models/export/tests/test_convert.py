"""convert.py on tiny checkpoints of every layout, and on folders that it must refuse."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import onnxruntime as ort
import torch
from safetensors.torch import load_file, save_file

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent)]
import bundle  # noqa: E402
import checkpoint  # noqa: E402
import convert  # noqa: E402
import graph  # noqa: E402
import tiny  # noqa: E402

IDS = torch.tensor([[1, 40, 41, 42, 2, 50, 51, 52, 53, 60, 61, 2]])


class ConvertTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)

    def convert(self, source: Path, *options: str) -> tuple[dict, Path]:
        out = self.dir / "out"
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            manifest = convert.convert(convert.arguments([str(source), "--out", str(out), *options]))
        for name, digest in manifest["files"].items():
            self.assertEqual(bundle.sha256(out / name), digest, name)
        return manifest, out

    def run_graph(self, out: Path, manifest: dict) -> list[np.ndarray]:
        session = ort.InferenceSession(str(out / manifest["model"]), providers=["CPUExecutionProvider"])
        feeds = {"input_ids": IDS.numpy(), "attention_mask": np.ones_like(IDS.numpy()), "token_type_ids": np.zeros_like(IDS.numpy())}
        return session.run(None, {k: feeds[k] for k in manifest["inputs"].values() if k})

    def near(self, got, want, tolerance=1e-4):
        np.testing.assert_allclose(got, want.detach().numpy(), atol=tolerance, rtol=0)

    def test_open_provence(self):
        for family in tiny.CONFIGS:
            with self.subTest(family):
                folder, ranker, head = tiny.open_provence(self.dir / family, family)
                manifest, out = self.convert(folder)
                keep, rank = self.run_graph(out, manifest)
                seen = {}
                if family == "modernbert":  # written before transformers 5.1: the head reads what the last norm reads
                    ranker.model.final_norm.register_forward_pre_hook(lambda _, args: seen.update(hidden=args[0]))
                with torch.no_grad():
                    want = ranker(input_ids=IDS, output_hidden_states=True)
                    probabilities = torch.softmax(head(seen.get("hidden", want.hidden_states[-1])), dim=-1)[..., 1]
                self.near(1 / (1 + np.exp(-keep)), probabilities)
                self.near(rank, want.logits[:, 0])
                self.assertEqual((manifest["kind"], manifest["aggregation"], manifest["query_normalization"]), ("pruner", "mean", "none"))
                self.assertEqual(manifest["thresholds"]["presets"]["balanced"], 0.35)
                self.assertEqual(manifest["max_tokens"], 128)
                self.assertEqual(bool(manifest["inputs"]["types"]), family == "bert")
                self.assertEqual(manifest.get("separators", 1), 2 if family == "xlm-roberta" else 1)

    def test_modernbert_since_transformers_5_1(self):
        folder, ranker, head = tiny.open_provence(self.dir / "source", "modernbert")
        settings = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**settings, "transformers_version": "5.1.0"}))
        manifest, out = self.convert(folder)
        keep, _ = self.run_graph(out, manifest)
        with torch.no_grad():
            hidden = ranker.model(input_ids=IDS).last_hidden_state
        self.near(1 / (1 + np.exp(-keep)), torch.softmax(head(hidden), dim=-1)[..., 1])

    def test_checkpoint_in_bf16(self):
        folder, _, _ = tiny.open_provence(self.dir / "source", "modernbert")
        save_file({k: v.bfloat16() for k, v in load_file(folder / "model.safetensors").items()}, folder / "model.safetensors")
        manifest, out = self.convert(folder)
        want = self.run_graph(out, manifest)
        self.change(folder, "config.json", lambda c: c["base_model_config"].update(dtype="bfloat16", torch_dtype="bfloat16"))
        manifest, out = self.convert(folder)
        for a, b in zip(want, self.run_graph(out, manifest)):
            np.testing.assert_array_equal(a, b)

    def test_legacy_names(self):
        folder, _, _ = tiny.open_provence(self.dir / "source", "bert")
        rename = lambda n: n.removeprefix("ranking_model.").replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")  # noqa: E731
        new, old = self.convert(folder)[1], None
        want = self.run_graph(new, json.loads((new / "manifest.json").read_text()))
        save_file({rename(k): v for k, v in load_file(folder / "model.safetensors").items()}, folder / "model.safetensors")
        manifest, old = self.convert(folder)
        for a, b in zip(want, self.run_graph(old, manifest)):
            np.testing.assert_array_equal(a, b)

    def test_provence(self):
        manifest, _ = self.convert(tiny.provence(self.dir / "naver", "deberta-v2")[0])
        self.assertEqual((manifest["aggregation"], manifest["query_normalization"]), ("ratio", "provence"))
        self.assertEqual(manifest["thresholds"]["presets"], {"safe": 0.05, "balanced": 0.1, "aggressive": 0.5})
        for pooled in (False, True):
            manifest, _ = self.convert(tiny.provence(self.dir / f"x{pooled}", "xlm-roberta", pooled=pooled)[0], "--aggregation", "majority", "--title", "prefix")
            self.assertEqual((manifest["aggregation"], manifest["query_normalization"], manifest["title"]), ("majority", "none", "prefix"))
            self.assertEqual(manifest["thresholds"]["presets"]["balanced"], 0.3)

    def test_cross_encoder(self):
        for family in tiny.CONFIGS:
            with self.subTest(family):
                folder, model = tiny.cross_encoder(self.dir / family, family)
                manifest, out = self.convert(folder)
                with torch.no_grad():
                    self.near(self.run_graph(out, manifest)[0], model(input_ids=IDS).logits[:, 0])
                self.assertEqual((manifest["kind"], manifest["outputs"]), ("reranker", {"rank": "rank_logit"}))

    def test_embedder(self):
        for family, pooling in zip(tiny.CONFIGS, ("cls", "mean", "mean", "cls", "mean")):
            with self.subTest(family):
                folder, model = tiny.embedder(self.dir / family, family, pooling)
                manifest, out = self.convert(folder)
                with torch.no_grad():
                    self.near(self.run_graph(out, manifest)[0], model(input_ids=IDS).last_hidden_state, 1e-3)
                want = {"pooling": pooling, "normalize": True, "dimensions": tiny.WIDTH, "query_prefix": "query: "}
                self.assertEqual(manifest["embedding"], want)

    def test_precisions(self):
        folder, _, _ = tiny.open_provence(self.dir / "source", "xlm-roberta")
        manifest, out = self.convert(folder)
        want = 1 / (1 + np.exp(-self.run_graph(out, manifest)[0]))
        for precision, tolerance in (("fp16", 0.01), ("int8", 0.1)):
            with self.subTest(precision):
                manifest, out = self.convert(folder, "--precision", precision)
                got = 1 / (1 + np.exp(-self.run_graph(out, manifest)[0]))
                np.testing.assert_allclose(got, want, atol=tolerance, rtol=0)
                self.assertFalse(np.array_equal(got, want))
                self.assertEqual(manifest["precision"], precision)

    def test_large_weights_lie_beside_the_graph(self):
        folder, _, _ = tiny.open_provence(self.dir / "source", "bert")
        want = self.run_graph(*reversed(self.convert(folder)))
        with mock.patch.object(graph, "EXTERNAL_ABOVE", 1000):
            manifest, out = self.convert(folder)
        self.assertIn("model.onnx.data", manifest["files"])
        self.assertLess((out / "model.onnx").stat().st_size, (out / "model.onnx.data").stat().st_size * 4)
        for a, b in zip(want, self.run_graph(out, manifest)):
            np.testing.assert_array_equal(a, b)

    def test_licence_of_the_card(self):
        folder, _, _ = tiny.open_provence(self.dir / "source", "bert")
        (folder / "README.md").write_text("---\nlanguage: en\nlicense: cc-by-nc-4.0\n---\n# A model\n")
        self.assertEqual(self.convert(folder)[0]["license"], "cc-by-nc-4.0")

    def test_config_replaces_fields(self):
        folder, _, _ = tiny.open_provence(self.dir / "source", "bert")
        (self.dir / "more.json").write_text(json.dumps({"description": "mine", "calibration": {"scale": 2, "bias": 1}}))
        manifest, _ = self.convert(folder, "--config", str(self.dir / "more.json"), "--name", "own", "--model-version", "2.0.0")
        self.assertEqual((manifest["name"], manifest["version"], manifest["description"]), ("own", "2.0.0", "mine"))
        self.assertEqual(manifest["calibration"], {"scale": 2, "bias": 1})

    def refused(self, says: str, source: Path, *options: str):
        with self.assertRaises((checkpoint.Refused, SystemExit)) as caught:
            self.convert(source, *options)
        self.assertIn(says, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))
        self.assertEqual([p.name for p in self.dir.iterdir() if p.name.startswith("out")], [])

    def change(self, folder: Path, file: str, change) -> None:
        data = json.loads((folder / file).read_text())
        change(data)
        (folder / file).write_text(json.dumps(data))

    def drop(self, folder: Path, prefix: str) -> None:
        kept = {k: v for k, v in load_file(folder / "model.safetensors").items() if not k.startswith(prefix)}
        save_file(kept, folder / "model.safetensors")

    def test_refuses(self):
        def setting(key, value):
            return lambda f: self.change(f, "config.json", lambda c: c.update({key: value}))

        def base(key, value):
            return lambda f: self.change(f, "config.json", lambda c: c["base_model_config"].update({key: value}))

        def words(change):
            return lambda f: self.change(f, "tokenizer.json", lambda t: change(t["model"]))

        def many(model):
            model["vocab"].update({f"new{i}": 1000 + i for i in range(9)})

        def few(model):
            model["vocab"] = dict(list(model["vocab"].items())[:20])

        tests = {
            "no config": ("config.json: the file is missing", lambda f: (f / "config.json").unlink()),
            "config is no JSON": ("config.json: not valid JSON", lambda f: (f / "config.json").write_text("{")),
            "no tokenizer": ("tokenizer.json: the file is missing", lambda f: (f / "tokenizer.json").unlink()),
            "no weights": ("weights are missing", lambda f: (f / "model.safetensors").unlink()),
            "cut weights": ("model.safetensors: not readable", lambda f: (f / "model.safetensors").write_bytes((f / "model.safetensors").read_bytes()[:5000])),
            "family": ("tokenizer.json: model.type is 'WordLevel'", words(lambda m: m.update(type="WordLevel"))),
            "large vocabulary": ("tokenizer.json: model.vocab has 1009 entries", words(many)),
            "small vocabulary": ("tokenizer.json: model.vocab has 20 entries", words(few)),
            "no token head": ("model.safetensors: pruning_head.classifier.weight is missing", lambda f: self.drop(f, "pruning_head.")),
            "no ranking head": ("ranking_model.classifier.weight, the ranking head, is missing", lambda f: self.drop(f, "ranking_model.classifier")),
            "a layer less": ("tensors do not fit config.json: missing", lambda f: self.drop(f, "ranking_model.bert.encoder.layer.1")),
            "another width": ("tensors do not fit config.json", base("hidden_size", 24)),
            "another encoder": ("config.json: model_type is 't5'", base("model_type", "t5")),
            "no encoder": ("config.json: base_model_config is missing", setting("base_model_config", None)),
        }
        for name, (says, break_it) in tests.items():
            with self.subTest(name):
                folder, _, _ = tiny.open_provence(self.dir / f"source-{len(name)}-{name.replace(' ', '')}", "bert")
                if name == "small vocabulary":  # the few rows of padding that are allowed are more than this model has
                    with mock.patch.object(checkpoint, "PADDING_ROWS", 8):
                        break_it(folder)
                        self.change(folder, "tokenizer.json", lambda t: t.update(added_tokens=[]))
                        self.refused(says, folder)
                    continue
                break_it(folder)
                self.refused(says, folder)

    def test_refuses_other_folders(self):
        self.refused("no such folder", self.dir / "none")
        folder, _ = tiny.cross_encoder(self.dir / "two", "bert", labels=2)
        self.refused("classifier.weight has 2 labels", folder)
        folder, _ = tiny.embedder(self.dir / "embedder", "bert", "mean")
        self.refused("not of a pruner", folder, "--kind", "pruner")
        self.refused("--window 900", folder, "--window", "900")
        (folder / "1_Pooling" / "config.json").unlink()
        self.refused("1_Pooling/config.json", folder)
        self.change(folder, "modules.json", lambda m: m.append({"type": "sentence_transformers.models.Dense"}))
        self.refused("modules.json: type sentence_transformers.models.Dense", folder)
        (folder / "modules.json").unlink()
        self.change(folder, "config.json", lambda c: c.update(architectures=["BertForMaskedLM"]))
        self.refused("heads are missing", folder)

    def test_keeps_what_is_no_bundle(self):
        folder, _, _ = tiny.open_provence(self.dir / "source", "bert")
        (self.dir / "mine").mkdir()
        with self.assertRaisesRegex(checkpoint.Refused, "is not a bundle"):
            convert.convert(convert.arguments([str(folder), "--out", str(self.dir / "mine")]))


if __name__ == "__main__":
    unittest.main()
