"""Times PyPI htmlrag 0.1.1 on the pages that bench_test.go reads.

Prints one line per pass over all pages: wall and processor milliseconds of
clean_html, and of clean_html with build_block_tree(max_node_words=256).

htmlrag imports a model library and three langchain packages that these two
functions do not use; stand-ins take their place, so that

    pip install --no-deps htmlrag==0.1.1 beautifulsoup4 soupsieve anytree six numpy typing_extensions

is all it needs.
"""

import glob
import os
import sys
import time
from unittest import mock

UNUSED = (
    "langchain_community.embeddings langchain_community.retrievers langchain_core.documents langchain_core.embeddings "
    "langchain_text_splitters langchain_community langchain_core transformers torch"
)
for module in UNUSED.split():
    sys.modules.setdefault(module, mock.MagicMock())

from htmlrag import build_block_tree, clean_html  # noqa: E402

PASSES = 5


def main() -> None:
    shared = os.environ.get("RAGPRUNE_SHARED", os.path.join("..", "..", "..", "shared"))
    pages = []
    for name in sorted(glob.glob(os.path.join(shared, "data", "pages", "*.html"))):
        with open(name, encoding="utf-8", errors="replace", newline="") as file:
            pages.append(file.read())
    if not pages:
        sys.exit(f"no pages in {shared}: set RAGPRUNE_SHARED")
    size = sum(len(page.encode("utf-8", "replace")) for page in pages)
    print(f"bytes {size}")
    failed = set()
    for _ in range(PASSES):
        wall, cpu = time.perf_counter(), time.process_time()
        cleaned = [clean_html(page) for page in pages]
        clean = (time.perf_counter() - wall, time.process_time() - cpu)
        for i, page in enumerate(cleaned):
            try:
                build_block_tree(page, max_node_words=256)
            except Exception as err:  # a page that it cannot do still took time
                failed.add((i, type(err).__name__))
        whole = (time.perf_counter() - wall, time.process_time() - cpu)
        print("pass", *(round(1e3 * t, 1) for t in clean + whole), flush=True)
    print(f"failed {len(failed)}")


if __name__ == "__main__":
    main()
