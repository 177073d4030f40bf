"""The converter on tiny random models of every family that it names.

    cd models/export && python -m unittest discover -s tests -t .
"""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from transformers import GPT2Config, GPTNeoXConfig, LlamaConfig, MambaConfig, Phi3Config, Qwen2Config, T5Config

import chat
import export_generator
import generator
import generator_graph as graphs
import reference_generate
import tiny_generator

IDS = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
         "max_position_embeddings": 512, **IDS}


def configs(vocabulary: int) -> dict:
    llama3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
              "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    longrope = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0] * 4, "long_factor": [2.0] * 4,
                "original_max_position_embeddings": 64}
    small = {**SMALL, "vocab_size": vocabulary}
    return {
        "llama": LlamaConfig(**small, num_key_value_heads=2, rope_parameters=llama3),
        "phi3": Phi3Config(**small, num_key_value_heads=4, rope_parameters=longrope,
                           original_max_position_embeddings=64, sliding_window=40),
        "qwen2": Qwen2Config(**small, num_key_value_heads=2),
        "gpt2": GPT2Config(vocab_size=vocabulary, n_embd=32, n_layer=2, n_head=4, n_positions=512, **IDS),
        "gpt_neox": GPTNeoXConfig(**small),
    }


class Folders(unittest.TestCase):
    """Makes folders that are gone after the test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def source(self, name: str) -> Path:
        path = self.folder / f"source-{name}"
        tiny_generator.save(path, configs(len(tiny_generator.wordpiece()))[name])
        return path

    def convert(self, source: Path, *more: str) -> str:
        """Runs the command; returns what it says when it gives up, "" else."""
        heard = io.StringIO()
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(heard):
                export_generator.main(["--source", str(source), "--out", str(self.folder / "bundle"), *more])
        except SystemExit as end:
            return f"{heard.getvalue()}{end}"
        return ""


class TestFamilies(Folders):
    def test_every_family_in_fp32(self):
        for name in configs(1):
            with self.subTest(name):
                self.assertEqual(self.convert(self.source(name), "--precision", "fp32", "--license", "MIT", "--window", "300"), "")
                manifest = json.loads((self.folder / "bundle" / "manifest.json").read_text())
                self.assertEqual(manifest["window_tokens"], 300)
                session = ort.InferenceSession(str(self.folder / "bundle" / "model.onnx"))
                self.check_ports(session, manifest)

    def check_ports(self, session, manifest):
        """The graph has what the manifest says, in the shapes that it says."""
        shape = manifest["generation"]
        inputs = {i.name: i.shape for i in session.get_inputs()}
        outputs = {o.name: o.shape for o in session.get_outputs()}
        self.assertEqual(outputs[manifest["outputs"]["logits"]], [1, 1, len(tiny_generator.wordpiece())])
        for layer in range(shape["layers"]):
            for ports, field in ((inputs, "past_key"), (inputs, "past_value"), (outputs, "present_key"), (outputs, "present_value")):
                names = manifest["inputs" if ports is inputs else "outputs"]
                got = ports[names[field].replace("{layer}", str(layer))]
                self.assertEqual((got[1], got[3]), (shape["kv_heads"], shape["head_dim"]))
        self.assertEqual(len(inputs), 3 + 2 * shape["layers"])

    def test_quantised_and_half_are_near(self):
        for precision, far in (("int8", 0.3), ("fp16", 0.1)):
            with self.subTest(precision):
                source = self.source("llama")
                self.assertEqual(self.convert(source, "--precision", precision, "--license", "MIT"), "")
                decoder = generator.Decoder(generator.load(source, torch.float16 if precision == "fp16" else torch.float32))
                differences = graphs.differences(decoder, self.folder / "bundle" / "model.onnx", 512)
                most, _ = max(differences.values())
                self.assertLess(most, far)
                self.assertGreater(most, 0)
                manifest = json.loads((self.folder / "bundle" / "manifest.json").read_text())
                self.assertEqual(manifest["precision"], precision)

    def test_code_in_the_folder_is_not_run(self):
        """The folders of the HtmlRAG authors name classes of their own."""
        source = self.source("llama")
        config = json.loads((source / "config.json").read_text())
        config["architectures"] = ["LlamaForHTMLTreeGeneration"]
        config["auto_map"] = {"AutoModelForSeq2SeqLM": "modeling_llama.LlamaForHTMLTreeGeneration",
                              "AutoModelForCausalLM": "modeling_llama.LlamaForHTMLTreeGeneration"}
        (source / "config.json").write_text(json.dumps(config))
        (source / "modeling_llama.py").write_text("raise SystemExit('code of the folder was run')")
        self.assertEqual(self.convert(source, "--precision", "fp32", "--license", "MIT"), "")

    def test_gemm_is_quantised(self):
        self.assertEqual(self.convert(self.source("gpt2"), "--license", "MIT"), "")
        kinds = {n.op_type for n in onnx.load(str(self.folder / "bundle" / "model.onnx")).graph.node}
        self.assertIn("MatMulNBits", kinds)
        self.assertNotIn("Gemm", kinds)

    def test_large_weights_go_beside(self):
        source = self.source("llama")
        decoder = generator.Decoder(generator.load(source))
        plain, large = self.folder / "plain.onnx", self.folder / "large.onnx"
        graphs.export(decoder, plain)
        graphs.save(plain, large, largest=1000)
        self.assertTrue((self.folder / "large.onnx.data").is_file())
        self.assertLess(max(graphs.differences(decoder, large, 512).values())[0], 1e-4)

    def test_the_window_chooses_the_frequencies(self):
        model = generator.load(self.source("phi3"))
        short = model.model.rotary_emb.inv_freq.clone()
        self.assertIn("no more than 64", generator.freeze_rope(model, 64))
        self.assertTrue(torch.equal(model.model.rotary_emb.inv_freq, short))
        model = generator.load(self.folder / "source-phi3")
        self.assertIn("for more than 64", generator.freeze_rope(model, 65))
        self.assertTrue(torch.allclose(model.model.rotary_emb.inv_freq * 2, short))


class TestRefusals(Folders):
    def test_a_model_without_a_plain_cache(self):
        for config in (T5Config(), MambaConfig()):
            with self.subTest(config.model_type), self.assertRaises(generator.UnsupportedModel):
                generator.check(config)

    def test_the_command_says_what_is_wrong(self):
        source = self.source("llama")
        self.assertIn("give --license", self.convert(source))
        tokenizer = source / "tokenizer.json"
        content = json.loads(tokenizer.read_text())
        for change, want in (({"type": "Sentences"}, "model: type is Sentences"), ({"vocab": {"a": 100_000}}, "belongs to another model")):
            tokenizer.write_text(json.dumps({**content, "model": {**content["model"], **change}}))
            heard = self.convert(source, "--license", "MIT")
            self.assertIn(want, heard)
            self.assertIn("tokenizer.json", heard)
            self.assertFalse((self.folder / "bundle" / "manifest.json").exists())
        tokenizer.unlink()
        self.assertIn("has no tokenizer.json", self.convert(source, "--license", "MIT"))


class TestChat(Folders):
    def test_marks_are_named_and_texts_are_text(self):
        parts, end = chat.template(self.source("llama"), "{html} {question}", lambda *_: None)
        self.assertEqual(parts, [{"special": "[CLS]"}, {"text": "{html} {question}"}, {"special": "[SEP]"}])
        self.assertEqual(end, "[SEP]")

    def test_places_are_filled_at_once(self):
        self.assertEqual(chat.fill("{html}-{question}", {"html": "{question}", "question": "{html}"}), "{question}-{html}")


class TestReference(unittest.TestCase):
    """The definition itself, on a model whose logits are known."""

    class Model:
        def __call__(self, ids):
            logits = torch.zeros(1, ids.shape[1], 10)
            logits[0, -1] = torch.arange(10) * (0.1 if ids[0, -1] == 7 else 0.2)
            return type("Out", (), {"logits": logits})

    def test_product_of_softmaxes(self):
        ref = reference_generate.reference(self.Model(), [7], [[1, 2, 3], [1, 4], [1]], [9, 9, 9])
        second = np.exp(np.array([2, 4, 9]) * 0.2)
        np.testing.assert_allclose(np.exp(ref.logs), second / second.sum(), rtol=1e-6)
        self.assertEqual((ref.nodes, ref.branching, ref.alone), (5, 1, 2))

    def test_blocks_spelled_alike_share(self):
        ref = reference_generate.reference(self.Model(), [7], [[1], [1], [2]], [9, 9, 9])
        self.assertAlmostEqual(ref.logs[0], ref.logs[1])
        self.assertAlmostEqual(float(np.exp(ref.logs).sum()), 1.0)


if __name__ == "__main__":
    unittest.main()
