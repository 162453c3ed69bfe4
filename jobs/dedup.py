"""A spark-submit entry point: its arguments are those of the command `dedup-spark`."""

import sys

from dedup_spark.cli import main

if __name__ == "__main__" and (code := main()):
    sys.exit(code)  # not after a success: Databricks takes every SystemExit for a failure
