import random
import unittest

import dressing
import wording

QUERY = "What are the main causes of the French Revolution?"


class WordingTest(unittest.TestCase):
    def test_variants(self):
        rng = random.Random(1)
        self.assertEqual(wording.keywords(QUERY, random.Random(1)).lower(), "main causes french revolution")
        self.assertEqual(wording.lowered(QUERY, rng), QUERY.lower())
        self.assertEqual(wording.unmarked(QUERY, rng), QUERY[:-1])

    def test_typo_changes_a_word_but_not_the_number_of_words(self):
        for seed in range(50):
            words = wording.mistyped(QUERY, random.Random(seed)).split()
            self.assertEqual(len(words), len(QUERY.split()))
            self.assertLessEqual(sum(a != b for a, b in zip(words, QUERY.split())), 3)

    def test_never_empty(self):
        for query in ("?", "why?", "a", "Who is it?", "é", "  x  "):
            for seed in range(20):
                self.assertTrue(wording.vary(query, random.Random(seed)))


class DressingTest(unittest.TestCase):
    def test_rows_of_a_table_have_the_same_cells(self):
        for seed in range(20):
            self.assertEqual(len({row.count(" | ") for row in dressing.table(random.Random(seed))}), 1)

    def test_lines_have_text(self):
        for seed in range(50):
            rng = random.Random(seed)
            lines = dressing.above("Title", rng) + dressing.below(rng) + [dressing.heading("Title", rng)]
            self.assertTrue(all(line.strip() for line in lines))


if __name__ == "__main__":
    unittest.main()
