import tempfile
import unittest
import warnings
from pathlib import Path

import shared  # noqa: F401  (first, it sets the path)
import blend
import numpy as np
import onnx
import pruner
import student
import torch
import weights
from teacher import Embedder, Vectors, bert_from_onnx
from tests import fixture


def inputs():
    ids = torch.randint(103, 120, (3, 40), generator=torch.Generator().manual_seed(1))
    return ids, (torch.arange(40) > 9).long().expand(3, 40), torch.tensor([40, 31, 12])


class StudentTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = Path(self._folder.name)
        self.start = fixture.model_folder(self.folder / "start")

    def assert_equal(self, got, want, lengths):
        for row, length in enumerate(lengths):
            torch.testing.assert_close(got.keep[row, :length], want[0][row, :length], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(got.rank, want[1], atol=1e-4, rtol=1e-4)

    def test_agrees_with_the_exported_model(self):
        ids, types, lengths = inputs()
        model, base = student.start(self.start, 0), pruner.load(self.start)
        mask = (torch.arange(40)[None] < lengths[:, None]).long()
        want = base(ids, mask, types)
        self.assert_equal(model(ids, types, lengths)[0], want, lengths)
        with torch.no_grad():
            self.assert_equal(model(ids, types, lengths)[0], want, lengths)

    def test_early_heads_are_a_model_of_their_own(self):
        ids, types, lengths = inputs()
        model = student.start(self.start, fixture.EARLY)
        with torch.no_grad():
            model.early_tok.weight.add_(0.125)
        weights.save(self.folder / "early", weights.early(model.state_dict(), fixture.EARLY), self.start, fixture.EARLY)
        small = student.start(self.folder / "early", 0)
        self.assertEqual(len(small.base.enc.encoder.layer), fixture.EARLY)
        got, want = small(ids, types, lengths)[0], model(ids, types, lengths)[1]
        torch.testing.assert_close(got.keep[0], want.keep[0], atol=2e-2, rtol=2e-2)  # saved as fp16


class BlendTest(unittest.TestCase):
    def test_lies_between(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            start = fixture.model_folder(folder / "start")
            model = student.start(start, fixture.EARLY)
            with torch.no_grad():
                model.base.tok.weight.add_(1)
            weights.save(folder / "on", weights.full(model.state_dict()), start, fixture.LAYERS)
            blend.blend(start, folder / "on", 0.25, folder / "out")
            first, out = pruner.load(start).tok.weight, pruner.load(folder / "out").tok.weight
            torch.testing.assert_close(out, first + 0.25, atol=2e-3, rtol=0)
            weights.save(folder / "early", weights.early(model.state_dict(), fixture.EARLY), start, fixture.EARLY)
            with self.assertRaisesRegex(ValueError, "differ in"):
                blend.blend(start, folder / "early", 0.5, folder / "out")


class Encode(torch.nn.Module):
    """A BertModel with the inputs and the output of published encoders."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state


class TeacherTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = Path(self._folder.name)
        pruned = pruner.load(fixture.model_folder(self.folder))
        self.model = pruned.enc
        ids = torch.ones(1, 8, dtype=torch.long)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Encode(self.model).eval(), (ids, ids, ids), str(self.folder / "encoder.onnx"), dynamo=False, do_constant_folding=True,
                input_names=["input_ids", "attention_mask", "token_type_ids"], output_names=["last_hidden_state"],
            )  # fmt: skip

    def test_reads_an_exported_encoder(self):
        got = bert_from_onnx(self.folder / "encoder.onnx", heads=2).eval()
        ids, types, _ = inputs()
        want = self.model(input_ids=ids, token_type_ids=types).last_hidden_state
        torch.testing.assert_close(got(input_ids=ids, token_type_ids=types).last_hidden_state, want, atol=1e-4, rtol=1e-4)

    def test_reads_an_encoder_without_prefix(self):
        model = onnx.load(str(self.folder / "encoder.onnx"))
        for tensor in model.graph.initializer:
            tensor.name = tensor.name.removeprefix("model.")
        for node in model.graph.node:
            node.name = node.name.replace("/model/", "/")
            node.input[:] = [name.removeprefix("model.") for name in node.input]
        onnx.save(model, str(self.folder / "plain.onnx"))
        for name, value in bert_from_onnx(self.folder / "plain.onnx", heads=2).named_parameters():
            torch.testing.assert_close(value, self.model.get_parameter(name))

    def test_vectors_are_computed_once_and_kept(self):
        embedder = Embedder("tiny", "encoder.onnx", "tokenizer.json", "cls", self.folder, width=32, heads=2)
        texts = ["copper comes from arden", "winter", "the best silver"]
        first = Vectors(embedder, "", texts, self.folder / "cache").get([2, 0])
        np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-2)
        (self.folder / "encoder.onnx").unlink()
        again = Vectors(Embedder("tiny", "encoder.onnx", "tokenizer.json", "cls", self.folder, width=32, heads=2), "", texts, self.folder / "cache")
        np.testing.assert_array_equal(again.get([0, 2]), first[::-1])
        with self.assertRaises(FileNotFoundError):
            again.get([1])


if __name__ == "__main__":
    unittest.main()
