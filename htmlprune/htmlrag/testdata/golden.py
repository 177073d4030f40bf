#!/usr/bin/env python3
"""Writes the golden files of package htmlrag with PyPI htmlrag 0.1.1.

    python3.11 -m venv venv
    venv/bin/pip install --no-deps htmlrag==0.1.1 beautifulsoup4==4.15.0 soupsieve==4.1.3 anytree==2.13.0 \\
        six==1.17.0 numpy==2.4.6 typing_extensions==4.16.0
    venv/bin/python golden.py

The version of Beautiful Soup matters, and that of Python, whose html.parser
reads the pages: 4.15.0 and 3.11. htmlrag imports a model library and three
langchain packages that the two functions do not use; stand-ins take their
place.

cases.jsonl holds one case a line: "in", "clean" or "error", and for the block
tree of the input (not cleaned) "trees": [max words, in characters, blocks,
page] or [max words, in characters, error]. A block is its path joined by ">",
a "*" if it is not a leaf, and eight hex digits of the SHA-256 of its HTML, a
NUL and its text. The inputs are those of cases.py.

pages.sha256 holds hashes of the outputs for the pages of the data folder,
whose text may not be copied: page, function, SHA-256.

With --random N nothing of this is written, but N random cases to --out; the
Go tests read that file when HTMLRAG_CASES names it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pathlib
import random
import sys
import warnings
from unittest import mock

UNUSED = (
    "langchain_community.embeddings langchain_community.retrievers langchain_core.documents langchain_core.embeddings "
    "langchain_text_splitters langchain_community langchain_core transformers torch"
)
for module in UNUSED.split():
    sys.modules.setdefault(module, mock.MagicMock())

import bs4  # noqa: E402
from cases import CASES  # noqa: E402
from htmlrag import build_block_tree, clean_html  # noqa: E402

HERE = pathlib.Path(__file__).parent
TREES = ((3, False), (512, False), (8, True))


def digest(text: str, length: int = 64) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def tree(source: str, words: int, chinese: bool) -> tuple[list[str], str]:
    """The blocks of a page, as the golden files write them, and the page."""
    blocks, page = build_block_tree(source, max_node_words=words, zh_char=chinese)
    names = [
        f"{'>'.join(path)}{'' if leaf else '*'} {digest(str(tag) + chr(0) + tag.get_text(), 8)}" for tag, path, leaf in blocks
    ]
    return names, page


def case(source: str) -> dict[str, object]:
    out: dict[str, object] = {"in": source}
    try:
        out["clean"] = clean_html(source)
    except Exception as err:  # what the package raises is part of what it does
        out["error"] = type(err).__name__
    trees: list[list[object]] = []
    for words, chinese in TREES:
        try:
            trees.append([words, chinese, *tree(source, words, chinese)])
        except Exception as err:
            trees.append([words, chinese, type(err).__name__])
    out["trees"] = trees
    return out


PIECES = (
    "<p> </p> <div> </div> <span> </span> <b> </b> <i> </i> <a\thref=x> </a> <ul> </ul> <li> </li> <table> </table> <tr> </tr> <td> "
    "</td> <th> <br> <br/> </br> <hr> <img\tsrc=a\talt=b> <h1> </h1> <h2> </h2> <pre> </pre> <textarea> </textarea> <script> </script> "
    "<style> </style> <template> </template> <ruby> <rt> </rt> <rp> </rp> </ruby> <svg> </svg> <noscript> </noscript> <html> </html> "
    "<head> </head> <body> </body> <title> </title> <meta\tcharset=x> <P> </P> <DIV\tID=1\tid=2> <p0> <!-- --> <!--x--> <!---> <!-->"
    " <!DOCTYPE\thtml> <!doctype> <!x> <?xml\tversion=1?> <?php> <![CDATA[x\ty]]> <![if\tIE]> <![endif]> <! < > << </ </> </\tp> <p/> <p "
    '<p\tclass= <p\ta="1 <p\ta=\'1 <p\ta= "b> <a\tb==c> <a\tb=="c> <a/b/c> <a\tb=c/> <a"b"c> & &amp; &amp &lt; &#65; &#65 &#x41; &#x41 &#0; '
    '&#128; &# &#; &#x; &nbsp; &notit; &not &copy &hellip; &hellip &bogus; &a.b; &a-b &; " \' = / - ! ? # ; x word 中文 \t \n \r \f \v '
    "\xa0 \u3000 \x1c \x00 \x85 İ ſ [ ] ]]> --> a1 class id ="
).split(" ")
CHARACTERS = tuple("<<<>>>///===\"\"''&&##;;!!--[]??axpX1 \n\t\xa0\x00")


def randoms(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    out = []
    for _ in range(count):
        alphabet = rng.choice((PIECES, CHARACTERS))
        parts = [rng.choice(alphabet).replace("\t", rng.choice((" ", "  ", "\n", "\t"))) for _ in range(rng.randint(1, 30))]
        out.append(rng.choice(("", " ")).join(parts))
    return out


def pages() -> list[pathlib.Path]:
    shared = os.environ.get("RAGPRUNE_SHARED", HERE / ".." / ".." / ".." / ".." / "shared")
    return sorted(pathlib.Path(shared, "data", "pages").glob("*.html"))


def page_hashes() -> list[str]:
    lines = []
    for path in pages():
        source = path.read_text(encoding="utf-8", errors="replace")
        clean = clean_html(source)
        lines.append(f"{path.stem} clean {digest(clean)}")
        for name, text in (("raw", source), ("cleaned", clean)):
            for words, chinese in ((256, False), (64, False), (1000, True)):
                blocks, page = tree(text, words, chinese)
                lines.append(f"{path.stem} {name}/{words}/{str(chinese).lower()} {digest(chr(10).join([*blocks, page]))}")
    return lines


def write_cases(path: pathlib.Path, sources: list[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for source in sources:
            file.write(json.dumps(case(source), ensure_ascii=True, separators=(",", ":")) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int, metavar="N", help="write N random cases to --out instead of the golden files")
    parser.add_argument("--seed", type=int, default=1, help="of the random cases (default 1)")
    parser.add_argument("--out", type=pathlib.Path, help="where the random cases go")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    if bs4.__version__ != "4.15.0" or sys.version_info[:2] != (3, 11):
        sys.exit(f"beautifulsoup4 4.15.0 and Python 3.11 are needed; these are {bs4.__version__} and {sys.version.split()[0]}")
    if args.random:
        if not args.out:
            parser.error("--random needs --out")
        write_cases(args.out, randoms(args.random, args.seed))
        return
    write_cases(HERE / "cases.jsonl", list(CASES))
    if lines := page_hashes():
        (HERE / "pages.sha256").write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        print("no pages: set RAGPRUNE_SHARED; pages.sha256 stays as it is", file=sys.stderr)


if __name__ == "__main__":
    main()
