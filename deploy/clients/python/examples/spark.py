"""Prunes a crawl against a question set with Spark.

    pip install pyspark pyarrow pandas ./deploy/clients/python
    ragprune serve &
    python deploy/clients/python/examples/spark.py --pages crawl.parquet --questions questions.txt --out pruned

In a cluster the workers need the package ragprune. Each task keeps one client; the number
of tasks at a time is the number of requests that the servers get.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Iterable, Iterator

import crawl
from pyspark.sql import Row, SparkSession
from ragprune import Client

SCHEMA = (
    "question string, url string, score double, text string, starts array<int>, ends array<int>, "
    "tokens_before int, tokens_after int, degraded string"
)


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while batch := list(itertools.islice(rows, crawl.BATCH)):
        yield batch


def partition(url: str, questions: list[str], rows: Iterable[Row]) -> Iterator[Row]:
    """Prunes the pages of one partition against all questions."""
    with Client(url) as client:
        for pages in batches(rows):
            batch = [{"url": p.url, "html": p.html} for p in pages]
            for question in questions:
                for row in crawl.prune(client, question, batch):
                    yield Row(**row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", required=True, help="Parquet with the columns url and html")
    parser.add_argument("--questions", required=True, help="text file, one question a line")
    parser.add_argument("--out", required=True, help="folder for the Parquet files of the result")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="of the service")
    parser.add_argument("--tasks", type=int, default=2, help="requests at a time (default: 2)")
    args = parser.parse_args()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # on one machine: the Python that has ragprune
    spark = SparkSession.builder.appName("ragprune").getOrCreate()
    spark.sparkContext.addPyFile(crawl.__file__)
    url, questions = args.url, crawl.questions(args.questions)
    pages = spark.read.parquet(args.pages).select("url", "html").repartition(args.tasks)
    rows = pages.rdd.mapPartitions(lambda part: partition(url, questions, part))
    spark.createDataFrame(rows, SCHEMA).write.mode("overwrite").parquet(args.out)
    print(f"{spark.read.parquet(args.out).count()} rows in {args.out}")
    spark.stop()


if __name__ == "__main__":
    main()
