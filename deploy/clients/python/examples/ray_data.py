"""Prunes a crawl against a question set with Ray Data.

    pip install 'ray[data]' ./deploy/clients/python
    ragprune serve &
    python deploy/clients/python/examples/ray_data.py --pages crawl.parquet --questions questions.txt --out pruned

Each actor keeps one client; the servers do the work, so as many actors as the
servers have cores are plenty. In a cluster put the address of the service into
--url, or run a replica on every node and leave it at this machine.
"""

from __future__ import annotations

import argparse
from typing import Any

import crawl
import ray
from ragprune import Client


class Pruner:
    """An actor: prunes batches of pages against all questions."""

    def __init__(self, url: str, questions: list[str]) -> None:
        self._client, self._questions = Client(url), questions

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        pages = [{"url": str(u), "html": str(h)} for u, h in zip(batch["url"], batch["html"], strict=True)]
        rows = [row for q in self._questions for row in crawl.prune(self._client, q, pages)]
        names = ("question", "url", "score", "text", "starts", "ends", "tokens_before", "tokens_after", "degraded")
        return {name: [row[name] for row in rows] for name in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", required=True, help="Parquet with the columns url and html")
    parser.add_argument("--questions", required=True, help="text file, one question a line")
    parser.add_argument("--out", required=True, help="folder for the Parquet files of the result")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="of the service")
    parser.add_argument("--actors", type=int, default=2, help="requests at a time (default: 2)")
    args = parser.parse_args()
    pruned = ray.data.read_parquet(args.pages, columns=["url", "html"]).map_batches(
        Pruner,
        fn_constructor_args=(args.url, crawl.questions(args.questions)),
        batch_size=crawl.BATCH,
        compute=ray.data.ActorPoolStrategy(size=args.actors),
        num_cpus=0.1,  # they wait for the server
    )
    pruned.write_parquet(args.out)
    print(f"{ray.data.read_parquet(args.out).count()} rows in {args.out}")


if __name__ == "__main__":
    main()
