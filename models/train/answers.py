"""What may answer a query, so that negatives do not."""

from __future__ import annotations

from collections import defaultdict

from corpus import Corpus, Row

# Answers that say nothing about the text they occur in.
NO_STRING = ("yes", "no", "true", "false", "none")
SHORTEST = 3


class Answers:
    """`passages` and `units` are, per query, the numbers of those that any row marks."""

    def __init__(self, corpus: Corpus):
        self._corpus = corpus
        self.units = corpus.gold_units()
        self.passages: dict[int, set[int]] = defaultdict(set)
        for row in corpus.rows:
            if row.positive:
                self.passages[row.query].add(row.passage)

    def possible(self, row: Row, passage: int) -> bool:
        """Whether a passage is paired with the query, shares a relevant unit, or states an answer."""
        if passage in self.passages[row.query]:
            return True
        if not self.units[row.query].isdisjoint(self._corpus.passages[passage].units):
            return True
        return self.stated(row, self._corpus.text(passage))

    def stated(self, row: Row, text: str) -> bool:
        """Whether an answer string occurs in text, in any case of letters."""
        text = text.lower()
        strings = (a.lower() for a in row.answers if len(a) >= SHORTEST)
        return any(a in text for a in strings if a not in NO_STRING)
