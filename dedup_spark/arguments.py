"""An argument is what a command line says beside its command: the places, the options, and what they mean."""

import argparse
import math
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def parser() -> argparse.ArgumentParser:
    """What reads a command line; `command` names the command that was asked for."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", action="append", default=[], metavar="FILE", help="a file of settings; repeatable")
    common.add_argument(
        "--set", action="append", default=[], metavar="section.key=value", help="one setting; repeatable"
    )
    whole = argparse.ArgumentParser(
        prog="dedup-spark", description="De-duplicates catalogues of offers by their pictures."
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for group in (_of_run, _of_cost, _of_questions, _of_runs, _of_inputs, _of_trials):
        group(commands, common)
    return whole


def _of_run(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("run", parents=[common], help="the whole flow")
    command.add_argument("catalogue", metavar="CATALOGUE", help="a Parquet file, folder or glob, or a table name")
    command.add_argument("output", metavar="OUTPUT", help="a folder or s3:// prefix")
    command.add_argument("--fresh", action="store_true", help="resume no run, and search all pairs")
    retried = "fetch again what was no usable picture, even where its bytes are the same"
    command.add_argument("--retry-rejects", action="store_true", help=retried)
    said = {"judgements": "people's word on pairs", "excluded": "pictures that connect no offers"}
    for name, meaning in (said | {"allowed": "pictures that may connect offers"}).items():
        command.add_argument(f"--{name}", action="append", default=[], metavar="FILE", help=f"{meaning}; repeatable")
    of_others = "an OUTPUT, or fingerprints in Parquet, whose pictures are not to come again; repeatable"
    command.add_argument("--against", action="append", default=[], metavar="OUTPUT2", help=of_others)
    command.set_defaults(command="run")


def _of_cost(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("plan", parents=[common], help="what a run would cost, before it costs anything")
    command.add_argument("catalogue", metavar="CATALOGUE", help="a Parquet file, folder or glob, or a table name")
    command.add_argument("--images", type=_count, metavar="N", help="of a catalogue of so many images, 1e9 say")
    command.add_argument("--core-hours-price", type=float, metavar="P", help="of a core for an hour, in any currency")
    command.add_argument("--output", metavar="OUTPUT", help="where a run was published: its hashes say more of pairs")
    command.add_argument("--json", action="store_true", help="for machines")
    command.set_defaults(command="plan")


def _of_questions(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("query", parents=[common], help="stored pictures within the threshold of these")
    command.add_argument("output", metavar="OUTPUT", help="where a run was published")
    command.add_argument("image", metavar="IMAGE", nargs="*", help="a path")
    command.add_argument("--from", dest="file", action="append", default=[], metavar="FILE", help="paths, one a line")
    command.set_defaults(command="query")

    command = commands.add_parser("explain", parents=[common], help="the chain of pictures that connects two offers")
    command.add_argument("output", metavar="OUTPUT", help="where a run was published")
    command.add_argument("offer", metavar="OFFER", nargs=2, help="an offer, as the table `clusters` names it")
    command.add_argument("--json", action="store_true", help="for machines")
    command.set_defaults(command="explain")


def _of_runs(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("report", parents=[common], help="the pages to look at, once more")
    command.add_argument("output", metavar="OUTPUT", help="where a run was published")
    command.add_argument("run", metavar="RUN", nargs="?", help="its run_id; by default the current one")
    command.add_argument("--sanitised", action="store_true", help="without pictures and names of merchants")
    command.set_defaults(command="report")

    command = commands.add_parser("history", parents=[common], help="the runs there were, and what changed")
    command.add_argument("output", metavar="OUTPUT", help="a folder or s3:// prefix")
    command.add_argument("--json", action="store_true", help="for machines")
    command.set_defaults(command="history")

    command = commands.add_parser("rollback", parents=[common], help="make an older run the current one again")
    command.add_argument("output", metavar="OUTPUT", help="a folder or s3:// prefix")
    command.add_argument("run", metavar="RUN", nargs="?", help="its run_id; by default the one that was current before")
    command.set_defaults(command="rollback")

    command = commands.add_parser("clean", parents=[common], help="old runs, and what nothing refers to")
    command.add_argument("output", metavar="OUTPUT", help="a folder or s3:// prefix")
    command.add_argument("--yes", action="store_true", help="delete it, unless a run is at work")
    command.set_defaults(command="clean")


def _of_inputs(commands: Commands, common: argparse.ArgumentParser) -> None:
    ways = commands.add_parser("review", help="what people say").add_subparsers(required=True, metavar="WAY")
    command = ways.add_parser("import", parents=[common], help="every later run on OUTPUT obeys it")
    command.add_argument("file", metavar="FILE", help="a JSON object of judgements, excluded and allowed")
    command.add_argument("output", metavar="OUTPUT", help="a folder or s3:// prefix")
    command.set_defaults(command="review_import")

    command = ways.add_parser("tasks", parents=[common], help="pairs to judge in Label Studio, of the current run")
    command.add_argument("output", metavar="OUTPUT", help="where a run was published")
    command.add_argument("file", metavar="FILE", help="the JSON file to write")
    command.set_defaults(command="review_tasks")

    sources = commands.add_parser("catalogue", help="make a catalogue").add_subparsers(required=True, metavar="SOURCE")
    command = sources.add_parser("folder", parents=[common], help="of a folder or prefix of pictures")
    command.add_argument("dir", metavar="DIR", help="a folder or s3:// prefix")
    command.add_argument("file", metavar="FILE", help="the Parquet file to write")
    command.set_defaults(command="catalogue_folder")


def _of_trials(commands: Commands, common: argparse.ArgumentParser) -> None:
    kinds = commands.add_parser("evaluate", help="what the limits do").add_subparsers(required=True, metavar="WHAT")
    command = kinds.add_parser("null", parents=[common], help="wrong merges among pictures that are all different")
    command.add_argument("folder", metavar="FOLDER", help="a folder or s3:// prefix of different pictures")
    command.set_defaults(command="evaluate_null")

    command = commands.add_parser("demo", parents=[common], help="draw a catalogue that holds every case that matters")
    command.add_argument("dir", metavar="DIR", help="an empty folder")
    command.add_argument("--seed", type=int, default=1, help="another seed draws other pictures")
    command.add_argument("--judge", metavar="OUTPUT", help="compare a run's results with the truth of the demo in DIR")
    command.set_defaults(command="demo")

    command = commands.add_parser("doctor", parents=[common], help="what is missing on this machine")
    command.add_argument("place", metavar="OUTPUT", nargs="?", help="a folder or s3:// prefix to test")
    command.set_defaults(command="doctor")


def _count(text: str) -> int:
    """A whole number, also as 1e9."""
    number = float(text)
    if not (math.isfinite(number) and number >= 1 and number % 1 == 0):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 1 on")
    return int(number)
