import tempfile
import unittest
from pathlib import Path

from tests import fixture

COUNT = range(60)


class BuilderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.start = fixture.model_folder(Path(cls.folder.name))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def builder(self, teachers=(), changed=None, **mixture):
        config = fixture.config(self.start, **mixture)
        config["examples"].update(changed or {})
        return fixture.builder(config, teachers)

    def examples(self, changed=None, **mixture):
        builder = self.builder(changed=changed, **mixture)
        self.words = {i: w for w, i in builder._encoder._tokenizer.get_vocab().items()}
        return builder.build(COUNT)

    def text(self, example, piece):
        _, start, end = example.window.pieces[piece]
        return " ".join(self.words[i] for i in example.window.ids[start:end])

    def query(self, example):
        return " ".join(self.words[i] for i in example.window.ids[1 : example.window.types.index(1) - 1])

    def test_same_number_same_example(self):
        kinds = dict.fromkeys(("plain", "page", "near", "same_title", "removed", "short", "unlabelled"), 1)
        changed = {"dressed_share": 0.5, "variant_share": 0.5}
        whole = self.builder(changed=changed, **kinds).build(range(20))
        parts = [e for n in range(20) for e in self.builder(changed=changed, **kinds).build(range(n, n + 1))]
        for a, b in zip(whole, parts, strict=True):
            self.assertEqual((a.window, a.labels, a.answerable, a.kind), (b.window, b.labels, b.answerable, b.kind))

    def test_long_queries_leave_room(self):
        builder = self.builder(page=1)
        for tokens in (58, 61, 64):  # of 128 tokens, less than two overlaps of 32 are left
            builder._corpus.query_tokens[:] = [list(range(103, 103 + 40)) + [103] * (tokens - 40)] * len(builder._corpus.queries)
            for example in builder.build(COUNT):
                self.assertTrue(example.window.pieces)

    def test_one_label_for_every_piece(self):
        for example in self.examples(plain=1, page=1, near=1, removed=1, short=1):
            self.assertEqual(len(example.labels), len(example.window.pieces))
            self.assertEqual(len(example.teacher), len(example.window.pieces))

    def test_plain_marks_the_sentence_that_answers(self):
        for example in self.examples(plain=1):
            relevant = [self.text(example, n) for n, label in enumerate(example.labels) if label == 1]
            topic = self.query(example).split()[4]
            self.assertEqual(len(relevant), 1)
            self.assertTrue(relevant[0].startswith(f"the best {topic} comes from"), relevant[0])
            self.assertEqual(example.answerable, 1)

    def test_plain_puts_the_relevant_sentence_at_an_edge(self):
        examples = self.examples(changed={"edge_share": 1.0}, plain=1)
        self.assertTrue(all(1 in (e.labels[0], e.labels[-1]) for e in examples))
        self.assertTrue(any(e.labels[0] == 1 for e in examples) and any(e.labels[-1] == 1 for e in examples))

    def test_near_and_same_title_never_answer(self):
        for kind in ("near", "same_title", "random"):
            for example in self.examples(**{kind: 1}):
                self.assertEqual(example.kind, kind)
                self.assertEqual(set(example.labels), {0})
                self.assertEqual(example.answerable, 0)
                topic = self.query(example).split()[4]
                place = fixture.PLACES[fixture.TOPICS.index(topic)].lower()
                text = " ".join(self.text(example, n) for n in range(len(example.labels)))
                self.assertNotIn(place, text)

    def test_removed_lacks_the_answer_and_is_unanswerable(self):
        made = [e for e in self.examples(removed=1) if e.kind == "removed"]
        self.assertTrue(made)
        for example in made:
            self.assertEqual((set(example.labels), example.answerable), ({0}, 0))
            self.assertEqual(len(example.labels), 3)

    def test_removed_only_where_the_set_allows(self):
        for example in self.examples(removed=1):
            asked = self.query(example).split()[-2]
            self.assertEqual(example.kind == "removed", asked == "mines")

    def test_page_joins_whole_passages(self):
        lengths = {len(e.labels) for e in self.examples(page=1)}
        self.assertTrue(max(lengths) > 8, lengths)
        self.assertTrue(all(sum(label == 1 for label in e.labels) >= 1 for e in self.examples(page=1)))

    def test_dressing_is_never_relevant(self):
        sizes, changed = {len(e.labels) for e in self.examples(plain=1)}, {"dressed_share": 1.0}
        dressed = self.examples(changed=changed, plain=1)
        self.assertGreater(max(len(e.labels) for e in dressed), max(sizes))
        self.assertTrue(all(sum(label == 1 for label in e.labels) == 1 for e in dressed))

    def test_unlabelled_teaches_only_the_order(self):
        for example in self.examples(unlabelled=1):
            self.assertEqual((set(example.labels), example.answerable), ({-1}, -1))

    def test_long_document_is_cut_as_the_service_does(self):
        examples = self.examples(changed={"answering_share": 0.0, "dressed_share": 1.0}, page=1)
        self.assertTrue(all(len(e.window.ids) <= 384 for e in examples))


if __name__ == "__main__":
    unittest.main()
