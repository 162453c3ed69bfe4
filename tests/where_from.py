"""A job that writes, to the file it is given, a line of JSON per task: where its worker imported what it needs from."""

import sys
from collections.abc import Iterable

import pyarrow as pa
from pyspark.sql import SparkSession


def where_from(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    """One row: the worker's Python, and the files of the packages that its tasks use."""
    import numpy
    import obstore
    import pandas
    import PIL
    import scipy

    import dedup_spark
    from dedup_spark import settings

    files = [module.__file__ for module in (dedup_spark, settings, numpy, scipy, pandas, pa, PIL, obstore)]
    for _ in batches:
        yield pa.RecordBatch.from_pydict({"python": [sys.executable], "files": [files]})


def main(file: str) -> None:
    spark = SparkSession.builder.appName("where from").getOrCreate()
    answers = spark.range(0, 4, numPartitions=4).mapInArrow(where_from, "python string, files array<string>")
    answers.toPandas().to_json(file, orient="records", lines=True)
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
