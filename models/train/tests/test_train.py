import json
import tempfile
import unittest
from pathlib import Path

import corpus
import pruner
import torch
import train
from tests import fixture


class RunTest(unittest.TestCase):
    def setUp(self):
        torch.set_num_threads(1)
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = Path(self._folder.name)
        self.config = fixture.config(fixture.model_folder(self.folder / "start"))

    def run_in(self, name):
        return train.Run(self.config, fixture.builder(self.config), self.folder / name, None, "cpu")

    def test_resumed_run_equals_uninterrupted_run(self):
        whole = self.run_in("whole")
        lengths = [whole.step()["token"] for _ in range(8)]
        first = self.run_in("parts")
        for _ in range(3):
            first.step()
        first.save()
        second = self.run_in("parts")
        self.assertTrue(second.resume())
        again = [second.step()["token"] for _ in range(5)]
        self.assertEqual(again, lengths[3:])
        self.assertEqual((second.at.step, second.at.pool, second.at.batch), (8, whole.at.pool, whole.at.batch))
        for name, value in whole.masters.values.items():
            self.assertTrue(torch.equal(value, second.masters.values[name]), name)
            self.assertTrue(torch.equal(whole.masters.average[name], second.masters.average[name]), name)

    def test_loss_falls(self):
        self.config["steps"] = 100
        self.config["examples"]["mixture"] = {"plain": 1}
        self.config["optimizer"]["rate"] = 5e-3
        run = self.run_in("run")
        values = [run.step()["unit"] for _ in range(100)]
        self.assertLess(sum(values[-10:]), 0.5 * sum(values[:10]))

    def test_rate_rises_and_ends_at_zero(self):
        run = self.run_in("run")
        rates = []
        for run.at.step in range(9):
            rates.append(run.rate())
        self.assertLess(rates[0], rates[1])
        self.assertEqual(rates[-1], 0)

    def test_train_writes_folders_that_load(self):
        run = self.run_in("run")
        seen = []
        train.train(run, seen.append, first=True)
        self.assertEqual(seen, [("last",), ("last", "average")])
        for name, layers in (("full", fixture.LAYERS), ("early", fixture.EARLY), ("full-average", fixture.LAYERS)):
            self.assertEqual(len(pruner.load(self.folder / "run" / name).enc.encoder.layer), layers)
        entries = [json.loads(line) for line in (self.folder / "run" / "log.jsonl").read_text().splitlines()]
        self.assertEqual([e["step"] for e in entries], [4, 8])

    def test_words_stay_as_they_were(self):
        run = self.run_in("run")
        for _ in range(4):
            run.step()
        run.export(average=False)
        words = "enc.embeddings.word_embeddings.weight"
        before, after = (dict(pruner.load(f).named_parameters()) for f in (self.folder / "start", self.folder / "run" / "full"))
        self.assertTrue(torch.equal(before[words], after[words]))
        self.assertFalse(torch.equal(before["tok.weight"], after["tok.weight"]))


class OwnDataTest(unittest.TestCase):
    def read(self, *rows):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "own.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
            encoder = train.Encoder(fixture.model_folder(Path(folder)) / "tokenizer.json")
            return corpus.read({"own": {"share": 1, "path": str(path)}}, encoder)

    ROW = {
        "id": "1", "dataset": "own", "query": "q?", "title": "", "text": "One. Two.",
        "sentences": [[0, 4], [5, 9]], "relevant": [1], "answer": [], "positive": True,
    }  # fmt: skip

    def test_reads_a_file(self):
        read = self.read(self.ROW)
        self.assertEqual((read.units, read.rows[0].gold), (["One.", "Two."], frozenset({1})))

    def test_names_the_line_of_a_bad_row(self):
        bad = (
            ({"relevant": [2]}, "2: relevant"),
            ({"sentences": [[0, 4], [5, 90]]}, "2: sentences"),
            ({"sentences": None}, "2: "),
        )
        for change, message in bad:
            with self.assertRaisesRegex(ValueError, message):
                self.read(self.ROW, self.ROW | change)
        with self.assertRaisesRegex(ValueError, "own.jsonl:1: field 'query' is missing"):
            self.read({k: v for k, v in self.ROW.items() if k != "query"})


if __name__ == "__main__":
    unittest.main()
