import json
import shutil
import tempfile
import unittest
import warnings
from pathlib import Path

import shared  # noqa: F401  (first, it sets the path)
import graph
import int8
import pruner
import restore
import smoothing
import torch
from tests import fixture
from windows import Window


def bundle(start: Path, folder: Path) -> Path:
    """An int8 bundle of the weights of start, smoothed as the published ones are."""
    folder.mkdir()
    model = pruner.load(start)
    ids = torch.randint(103, 120, (30,), generator=torch.Generator().manual_seed(1)).tolist()
    smoothing.smooth(model, smoothing.largest_activations(model, [Window(ids, [0] * 30, [])], list))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph.export(model, folder / "fp32.onnx", graph.PRUNER)
    int8.quantize(folder / "fp32.onnx", folder / "model.onnx")
    shutil.copyfile(start / "tokenizer.json", folder / "tokenizer.json")
    manifest = {"kind": "pruner", "precision": "int8", "model": "model.onnx", "tokenizer": "tokenizer.json"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


class RestoreTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = Path(self._folder.name)
        self.start = fixture.model_folder(self.folder / "start")

    def test_undoes_smoothing_and_rounds_little(self):
        restore.restore(bundle(self.start, self.folder / "bundle"), self.folder / "out")
        want, got = (pruner.load(f).state_dict() for f in (self.start, self.folder / "out"))
        for name, value in want.items():
            if ".self.value." in name or "attention.output.dense.weight" in name:
                continue  # a scale between the two stays folded in
            torch.testing.assert_close(got[name], value, atol=float(value.abs().max()) / 60, rtol=0, msg=name)

    def test_answers_alike(self):
        restore.restore(bundle(self.start, self.folder / "bundle"), self.folder / "out")
        ids = torch.randint(103, 120, (2, 20), generator=torch.Generator().manual_seed(2))
        with torch.no_grad():
            want, got = (pruner.load(f)(ids, torch.ones_like(ids), torch.zeros_like(ids)) for f in (self.start, self.folder / "out"))
        torch.testing.assert_close(torch.sigmoid(got[0]), torch.sigmoid(want[0]), atol=0.05, rtol=0)

    def test_refuses_what_is_not_an_int8_pruner(self):
        folder = bundle(self.start, self.folder / "bundle")
        manifest = json.loads((folder / "manifest.json").read_text()) | {"precision": "fp32"}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        with self.assertRaisesRegex(ValueError, "want an int8 pruner"):
            restore.restore(folder, self.folder / "out")


if __name__ == "__main__":
    unittest.main()
