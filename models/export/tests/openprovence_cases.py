"""Arguments of OpenProvence's process() whose answers are recorded, pairs for its forward pass, and texts to split."""

from __future__ import annotations

import random

QUERY = "When was the Eiffel Tower built?"

TOWER = (
    "The Eiffel Tower stands on the Champ de Mars in Paris. It was built between 1887 and 1889 by the company of Gustave Eiffel. "
    "Tickets cost 18 euros, and children pay less. The Seine flows past it."
)
SUSHI = "Sushi is a Japanese dish of vinegared rice. It is served with soy sauce, ginger and wasabi. Mr. Jiro runs a small bar in Tokyo."
TITLED = "Eiffel Tower\n\nThe tower was finished in March 1889. It was the tallest structure until 1930.\nToday it belongs to the city.\n"
LIST = "Facts about the tower\n- Height: 330 metres\n- Opened: 31 March 1889\n- Steps: 1,665. Visitors may climb 674.\n1. First floor\n2) Second floor\n"
SPACED = "  Leading space is lost. \n\n Second paragraph with  two spaces.   It was built in 1889.  "
TABBED = "Dr. Smith wrote to J. R. Brown at 5 p.m. on Jan. 5th. The U.S. agency replied, \"We built it in 1889.\" (It was a joke.) Was it? Yes! No... maybe."
LONG_SENTENCE = "The tower, " + ", ".join(f"whose beam number {i} was made in {1880 + i % 9}" for i in range(40)) + ", was built in 1889."
LONG = " ".join(
    f"Paragraph {i} speaks about the bridges of the city and the trains that leave at {i % 12} o'clock. "
    + ("The Eiffel Tower was built in 1889. " if i % 7 == 3 else "Nobody counts them.")
    for i in range(30)
)
OVERLONG = "word " * 300 + "built in 1889 " + "word " * 60
LINES = "Opening hours\nMonday closed\nTuesday 9 to 17\nBuilt 1889\n"
CHINESE = "埃菲尔铁塔位于巴黎。它建于1889年。门票18欧元。"
DOCUMENTS = [SUSHI, TOWER, TITLED]
PRESPLIT = [["It was built in 1889.", " Cats sleep.", "   ", "Tickets cost 18 euros."], ["Sushi is rice.", " The tower opened in 1889."]]
SECOND = "What is sushi?"

CASES = {
    "one text": {"context": TOWER},
    "another text": {"context": SUSHI},
    "a list of texts": {"context": DOCUMENTS},
    "a list of pre-split texts": {"context": PRESPLIT},
    "texts and pre-split texts": {"context": [TOWER, PRESPLIT[0]]},
    "aligned": {"question": [QUERY, SECOND], "context": [TOWER, SUSHI]},
    "nested": {"question": [QUERY, SECOND], "context": [[TOWER, SUSHI], [SUSHI]]},
    "nested and pre-split": {"question": [QUERY, SECOND], "context": [PRESPLIT, [PRESPLIT[1], SUSHI]]},
    "one query in a list": {"question": [QUERY], "context": DOCUMENTS},
    "not aligned": {"question": [QUERY, SECOND], "context": [TOWER]},
    "text for two queries": {"question": [QUERY, SECOND], "context": TOWER},
    "nested with another count": {"question": [QUERY, SECOND], "context": [[TOWER]]},
    "nested beside a text": {"question": [QUERY, SECOND], "context": [[TOWER], SUSHI]},
    "empty text": {"context": ""},
    "blank text": {"context": "  \n "},
    "empty list": {"context": []},
    "pre-split of nothing": {"context": [["", "  "]]},
    "list markers": {"context": LIST},
    "white space": {"context": SPACED},
    "abbreviations and quotes": {"context": TABBED},
    "lines without full stops": {"context": LINES},
    "Chinese": {"context": CHINESE},
    "threshold 0": {"context": DOCUMENTS, "threshold": 0},
    "threshold 0.05": {"context": DOCUMENTS, "threshold": 0.05},
    "threshold 0.3": {"context": DOCUMENTS, "threshold": 0.3},
    "threshold 0.6": {"context": DOCUMENTS, "threshold": 0.6},
    "threshold 1": {"context": DOCUMENTS, "threshold": 1.0},
    "empty keeps its score": {"context": DOCUMENTS, "threshold": 1.0, "zero_score_when_empty": False},
    "no title": {"context": DOCUMENTS, "title": None},
    "first sentence always": {"context": DOCUMENTS, "threshold": 0.3, "always_select_title": True},
    "first sentence always, nothing kept": {"context": DOCUMENTS, "threshold": 1.0, "always_select_title": True},
    "no title always": {"context": DOCUMENTS, "title": None, "threshold": 0.3, "always_select_title": True},
    "one title": {"context": TOWER, "title": "Eiffel Tower"},
    "one title for all": {"context": DOCUMENTS, "title": "Eiffel Tower"},
    "a title each": {"context": DOCUMENTS, "title": ["Sushi", "Eiffel Tower", "  The tower "]},
    "too few titles": {"context": DOCUMENTS, "title": ["Sushi"]},
    "titles of two sentences": {"question": [QUERY, SECOND], "context": [[TOWER], [SUSHI, TOWER]], "title": [["Eiffel Tower"], ["Sushi", "Tower"]]},
    "a title per query": {"question": [QUERY, SECOND], "context": [[TOWER, SUSHI], [SUSHI]], "title": ["Tower", "Food"]},
    "blank title": {"context": TOWER, "title": "  "},
    "titles of a wrong form": {"question": [QUERY, SECOND], "context": [[TOWER], [SUSHI]], "title": ["x", "y", "z"]},
    "one title always": {"context": DOCUMENTS, "title": "Eiffel Tower", "threshold": 0.3, "always_select_title": True},
    "first line": {"context": [TITLED, LIST, TOWER], "first_line_as_title": True},
    "first line always": {"context": [TITLED, LIST, TOWER], "first_line_as_title": True, "always_select_title": True, "threshold": 0.3},
    "first line of pre-split": {"context": PRESPLIT, "first_line_as_title": True},
    "first line of nothing": {"context": ["", " \n"], "first_line_as_title": True},
    "first line and a title": {"context": TITLED, "title": "Tower", "first_line_as_title": True},
    "reorder": {"context": DOCUMENTS, "reorder": True},
    "reorder, top 2": {"context": DOCUMENTS, "reorder": True, "top_k": 2},
    "reorder, top 0": {"context": DOCUMENTS, "reorder": True, "top_k": 0},
    "reorder, top -1": {"context": DOCUMENTS, "reorder": True, "top_k": -1},
    "top 1 without reorder": {"context": DOCUMENTS, "top_k": 1},
    "reorder nested": {"question": [QUERY, SECOND], "context": [[SUSHI, TOWER], [TOWER, SUSHI, TITLED]], "reorder": True, "top_k": 2, "threshold": 0.3},
    "strip": {"context": [SPACED, LIST, LINES], "strip_sentences": True},
    "strip pre-split": {"context": PRESPLIT, "strip_sentences": True},
    "long text": {"context": LONG},
    "long text, first block's score": {"context": LONG, "use_best_reranker_score": False},
    "long text, whole sentences": {"context": LONG, "respect_sentence_boundaries": True},
    "long sentence": {"context": LONG_SENTENCE},
    "long sentence, whole": {"context": LONG_SENTENCE, "respect_sentence_boundaries": True},
    "sentence above all limits": {"context": OVERLONG},
    "long text with a title": {"context": LONG, "title": "Bridges and towers of the city"},
    "long query": {"question": QUERY + " " + "Tell me the year, please. " * 12, "context": [TOWER, LONG_SENTENCE]},
    "query above all limits": {"question": "year " * 600, "context": TOWER},
    "English": {"context": DOCUMENTS, "language": "en"},
    "another language": {"context": TOWER, "language": "es"},
}

PAIRS = [
    {"query": QUERY, "units": ["The Eiffel Tower stands in Paris.", "It was built in 1889.", "Cats sleep most of the day."]},
    {"query": SECOND, "units": ["Sushi is a Japanese dish of vinegared rice.", "Trains leave every hour."]},
    {"query": "highest mountain above sea level", "units": ["Mount Everest is the highest mountain above sea level. Its summit was first reached in 1953."]},
    {"query": "How many eggs, and how much flour?!", "units": ["The recipe needs two eggs, 200 g of flour and some milk.", "Stir until smooth.", "Rest for an hour.", "Done."]},
]

# What is hard about English sentences.
PIECES = ["Dr. ", "Mr. Smith ", "e.g. ", "i.e. ", "J. R. R. ", "U.S. ", "p.m. ", "5. ", "No. 3 ", "etc. ", "word ", "The ", "He ", "he ",
          "\n", "\n\n", "- ", "1) ", "A: ", "\u2022 ", "...", "! ", "?! ", '" ', '") ', "(", "). ", "' ", '". ', ". ", ". ", ". ", "? ",
          "--", " -- ", ", ", "; ", ": ", "3.14 ", "$5.00. ", "Jan. ", "Inc. ", "a.m.", "x. y. z. ", ". . . ", "\u00bb", "\u201cquoted.\u201d ",
          "\u00e9t\u00e9. ", "\u00dcber. ", "\t", "\r\n", "\u2028", "\xa0", "\x1c", "1,000. ", "St. Paul ", "vs. ", "Ph.D. ", "co-op. ",
          "non-U.S. ", "\u2026", "*note* ", "#1 ", "[1] ", "{x} ", "@me. "]  # fmt: skip


def texts_to_split(count: int = 1500, seed: int = 5):
    """Pieces in any order, and now and then a text without an end."""
    rng = random.Random(seed)
    for number in range(count):
        if number % 50 == 49:
            yield "".join(rng.choice(["word ", "The ", "; ", "\n" if number % 3 else "x"]) for _ in range(800))
        else:
            yield "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 40)))
