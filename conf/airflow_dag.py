"""A night as a DAG of Airflow 3: today's catalogue over yesterday's OUTPUT, then what is no longer kept is removed.

For the folder of DAGs of workers that have `dedup-spark` on PATH (replace BUCKET). What may pass is retried, and goes
on where it was; what the same command would only meet again, a gate above all, fails at once and tells somebody.
"""

import logging
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

CATALOGUE = "s3://BUCKET/catalogue/"
OUTPUT = "s3://BUCKET/dedup-spark/output"
CHOSEN = ("--config", "/opt/dedup-spark/conf/s3.toml")
MAY_PASS = (4, 5)  # storage or credentials; another run holds OUTPUT, or published first


def alert(context: dict[str, Any]) -> None:
    """Tells a person that the night failed: put your mail, pager or chat here."""
    logging.getLogger(__name__).error("dedup-spark: %s", context["exception"])


def call(*arguments: str) -> None:
    """Runs a command of dedup-spark. One that was killed, or whose exit code may pass, is retried; no other."""
    code = subprocess.run(["dedup-spark", *arguments, *CHOSEN], check=False).returncode
    if code in MAY_PASS or code < 0:
        raise AirflowException(f"dedup-spark {arguments[0]} ended with exit code {code}: is tried again")
    if code:
        raise AirflowFailException(f"dedup-spark {arguments[0]} ended with exit code {code}: a person has to look")


@dag(
    schedule="15 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=10), "on_failure_callback": alert},
)
def dedup_spark_nightly() -> None:
    @task
    def run() -> None:
        call("run", CATALOGUE, OUTPUT)

    @task
    def clean() -> None:
        call("clean", OUTPUT, "--yes")

    run() >> clean()


dedup_spark_nightly()
