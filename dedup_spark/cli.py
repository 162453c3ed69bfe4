"""A command is a line of arguments that ends with an exit code: see `errors` for the codes.

dedup-spark run CATALOGUE OUTPUT        the whole flow; --against OUTPUT2: without what OUTPUT2 has already
dedup-spark plan CATALOGUE              what it would cost, before it costs anything
dedup-spark query OUTPUT IMAGE ...      which stored pictures are within the threshold of these
dedup-spark explain OUTPUT OFFER OFFER  the chain of pictures that connects two offers
dedup-spark report OUTPUT [RUN]         the pages to look at once more; --sanitised: without pictures and merchants
dedup-spark history OUTPUT              the runs there were, what changed, what was fetched
dedup-spark rollback OUTPUT [RUN]       makes an older run the current one again
dedup-spark review import FILE OUTPUT   what people said of offers and pictures: every later run on OUTPUT obeys it
dedup-spark clean OUTPUT                old runs, and what nothing refers to; --yes deletes it
dedup-spark catalogue folder DIR FILE   a catalogue of any folder or prefix of pictures
dedup-spark evaluate null FOLDER        how many wrong merges to expect, by pictures that are all different
dedup-spark demo DIR                    a drawn catalogue that holds every case that matters
dedup-spark doctor                      what is missing on this machine, and how to fix it
"""

import argparse
import dataclasses
import math
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import TypeAlias

from dedup_spark import settings
from dedup_spark.errors import INTERRUPTED, BadInput, DedupError, RunRefused
from dedup_spark.io import locations
from dedup_spark.output import documents
from dedup_spark.settings import Settings

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; its exit code. Errors are one message on stderr, faults of the program a traceback."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.command(asked, settings.load(asked.config, asked.set)) or 0)
    except DedupError as error:
        _complain(f"dedup-spark: {documents.redacted(str(error))}")
        return error.exit_code
    except KeyboardInterrupt:
        resumed = "; the same command resumes the run" if asked.command is run else ""
        _complain(f"dedup-spark: interrupted{resumed}")
        return INTERRUPTED
    except Exception:
        _complain(documents.redacted(traceback.format_exc()))
        return DedupError.exit_code


def run(asked: argparse.Namespace, chosen: Settings) -> None:
    """The whole flow, then a summary."""
    from dedup_spark import pipeline
    from dedup_spark.report import summary

    chosen = _with_references(_with_reviews(chosen, asked), asked)
    if asked.retry_rejects:
        chosen = dataclasses.replace(chosen, fingerprints=dataclasses.replace(chosen.fingerprints, retry_rejects=True))
    manifest = pipeline.run(
        asked.catalogue, asked.output, chosen, fresh=asked.fresh, on_lost=_interrupt, tell=_complain
    )
    print(summary.text(manifest, asked.output.rstrip("/")))


def plan(asked: argparse.Namespace, chosen: Settings) -> None:
    """What a run would cost."""
    from dedup_spark.commands import plan as plans

    forecast = plans.forecast(asked.catalogue, chosen, asked.images, asked.output)
    print(plans.as_json(forecast) if asked.json else plans.text(forecast, chosen, asked.core_hours_price))


def query(asked: argparse.Namespace, here: Settings) -> None:
    """The stored pictures near the asked ones, a line each; the limits are those of the run, unless others are set."""
    from dedup_spark.commands import query as queries

    chosen = queries.chosen(asked.output, here, asked.config, asked.set)
    images = [*asked.image, *(image for file in asked.file for image in queries.listed(file))]
    if not images:
        raise BadInput("query: names no image, neither as an argument nor in a file with --from")
    for line in queries.lines(asked.output, images, chosen):
        print(line)


def explain(asked: argparse.Namespace, chosen: Settings) -> None:
    """Why two offers are in one cluster, or are not."""
    from dedup_spark.commands import explain as explains

    left, right = asked.offer
    report = explains.report(asked.output, left, right, chosen)
    print(explains.as_json(report) if asked.json else explains.text(report))


def report(asked: argparse.Namespace, chosen: Settings) -> None:
    """The pages of a run that is over."""
    from dedup_spark.commands import report as reports

    if asked.sanitised:
        chosen = dataclasses.replace(chosen, report=dataclasses.replace(chosen.report, sanitised=True))
    print(reports.write(asked.output, asked.run, chosen))


def history(asked: argparse.Namespace, chosen: Settings) -> None:
    """The runs of an output, a line each."""
    from dedup_spark.commands import history as histories

    runs = histories.lines(asked.output, chosen)
    print(histories.as_json(runs) if asked.json else histories.text(runs))


def rollback(asked: argparse.Namespace, chosen: Settings) -> None:
    """Points CURRENT at an older run."""
    from dedup_spark.commands import history as histories

    was, now = histories.rollback(asked.output, asked.run, chosen)
    print(f"{asked.output}: run {now} is current; it was run {was}, whose tables stay readable by its run_id")


def review_import(asked: argparse.Namespace, chosen: Settings) -> None:
    """Adds what people said to the store of an output."""
    from dedup_spark.people import reviews

    output = locations.folder(asked.output, "OUTPUT")
    review = reviews.document(asked.file, chosen)
    files = reviews.append(review, output, chosen)
    counts = ", ".join(f"{entry['rows']:,} {entry['table']}" for entry in review.read)
    print("\n".join([f"{asked.file}: {counts or 'nothing'}", *files]))


def clean(asked: argparse.Namespace, chosen: Settings) -> None:
    """Lists what no kept run refers to, or deletes it."""
    from dedup_spark.commands import clean as cleans

    for line in cleans.lines(asked.output, chosen, asked.yes):
        print(line)


def catalogue_folder(asked: argparse.Namespace, chosen: Settings) -> None:
    """A catalogue of a folder, and the line that runs it."""
    from dedup_spark.commands import catalogue_folder

    pictures, others = catalogue_folder.write(asked.dir, asked.file, chosen.s3)
    print(f"{asked.file}: {pictures:,} pictures; {others:,} other files left out")
    options = [f"--config={file}" for file in asked.config] + [f"--set={pair}" for pair in asked.set]
    root = settings.override("catalogue.image_root", asked.dir)
    line = ["dedup-spark", "run", asked.file, "OUTPUT", *options, f"--set={root}"]
    print(shlex.join(line))


def evaluate_null(asked: argparse.Namespace, chosen: Settings) -> None:
    """How many wrong merges the limits let through."""
    from dedup_spark.commands import evaluate

    print(evaluate.null(asked.folder, chosen))


def demo(asked: argparse.Namespace, chosen: Settings) -> None:
    """Draws the demo, or says how well a run did on it."""
    from dedup_spark import demo as demos

    if asked.judge:
        print(demos.judge_output(asked.dir, asked.judge, chosen))
    else:
        print(demos.build(asked.dir, asked.seed))


def doctor(asked: argparse.Namespace, chosen: Settings) -> int:
    """What is there and what is missing."""
    from dedup_spark.commands import doctor as doctors

    return doctors.main(asked.place, chosen)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", action="append", default=[], metavar="FILE", help="a file of settings; repeatable")
    common.add_argument(
        "--set", action="append", default=[], metavar="section.key=value", help="one setting; repeatable"
    )
    parser = argparse.ArgumentParser(
        prog="dedup-spark", description="De-duplicates catalogues of offers by their pictures."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in (_of_run, _of_cost, _of_questions, _of_runs, _of_inputs, _of_trials):
        group(commands, common)
    return parser


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
    command.set_defaults(command=run)


def _of_cost(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("plan", parents=[common], help="what a run would cost, before it costs anything")
    command.add_argument("catalogue", metavar="CATALOGUE", help="a Parquet file, folder or glob, or a table name")
    command.add_argument("--images", type=_count, metavar="N", help="of a catalogue of so many images, 1e9 say")
    command.add_argument("--core-hours-price", type=float, metavar="P", help="of a core for an hour, in any currency")
    command.add_argument("--output", metavar="OUTPUT", help="where a run was published: its hashes say more of pairs")
    command.add_argument("--json", action="store_true", help="for machines")
    command.set_defaults(command=plan)


def _of_questions(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("query", parents=[common], help="stored pictures within the threshold of these")
    command.add_argument("output", metavar="OUTPUT", help="where a run was published")
    command.add_argument("image", metavar="IMAGE", nargs="*", help="a path")
    command.add_argument("--from", dest="file", action="append", default=[], metavar="FILE", help="paths, one a line")
    command.set_defaults(command=query)

    command = commands.add_parser("explain", parents=[common], help="the chain of pictures that connects two offers")
    command.add_argument("output", metavar="OUTPUT", help="where a run was published")
    command.add_argument("offer", metavar="OFFER", nargs=2, help="an offer, as the table `clusters` names it")
    command.add_argument("--json", action="store_true", help="for machines")
    command.set_defaults(command=explain)


def _of_runs(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("report", parents=[common], help="the pages to look at, once more")
    command.add_argument("output", metavar="OUTPUT", help="where a run was published")
    command.add_argument("run", metavar="RUN", nargs="?", help="its run_id; by default the current one")
    command.add_argument("--sanitised", action="store_true", help="without pictures and names of merchants")
    command.set_defaults(command=report)

    command = commands.add_parser("history", parents=[common], help="the runs there were, and what changed")
    command.add_argument("output", metavar="OUTPUT", help="a folder or s3:// prefix")
    command.add_argument("--json", action="store_true", help="for machines")
    command.set_defaults(command=history)

    command = commands.add_parser("rollback", parents=[common], help="make an older run the current one again")
    command.add_argument("output", metavar="OUTPUT", help="a folder or s3:// prefix")
    command.add_argument("run", metavar="RUN", nargs="?", help="its run_id; by default the one that was current before")
    command.set_defaults(command=rollback)

    command = commands.add_parser("clean", parents=[common], help="old runs, and what nothing refers to")
    command.add_argument("output", metavar="OUTPUT", help="a folder or s3:// prefix")
    command.add_argument("--yes", action="store_true", help="delete it, unless a run is at work")
    command.set_defaults(command=clean)


def _of_inputs(commands: Commands, common: argparse.ArgumentParser) -> None:
    ways = commands.add_parser("review", help="what people say").add_subparsers(required=True, metavar="WAY")
    command = ways.add_parser("import", parents=[common], help="every later run on OUTPUT obeys it")
    command.add_argument("file", metavar="FILE", help="a JSON object of judgements, excluded and allowed")
    command.add_argument("output", metavar="OUTPUT", help="a folder or s3:// prefix")
    command.set_defaults(command=review_import)

    sources = commands.add_parser("catalogue", help="make a catalogue").add_subparsers(required=True, metavar="SOURCE")
    command = sources.add_parser("folder", parents=[common], help="of a folder or prefix of pictures")
    command.add_argument("dir", metavar="DIR", help="a folder or s3:// prefix")
    command.add_argument("file", metavar="FILE", help="the Parquet file to write")
    command.set_defaults(command=catalogue_folder)


def _of_trials(commands: Commands, common: argparse.ArgumentParser) -> None:
    kinds = commands.add_parser("evaluate", help="what the limits do").add_subparsers(required=True, metavar="WHAT")
    command = kinds.add_parser("null", parents=[common], help="wrong merges among pictures that are all different")
    command.add_argument("folder", metavar="FOLDER", help="a folder or s3:// prefix of different pictures")
    command.set_defaults(command=evaluate_null)

    command = commands.add_parser("demo", parents=[common], help="draw a catalogue that holds every case that matters")
    command.add_argument("dir", metavar="DIR", help="an empty folder")
    command.add_argument("--seed", type=int, default=1, help="another seed draws other pictures")
    command.add_argument("--judge", metavar="OUTPUT", help="compare a run's results with the truth of the demo in DIR")
    command.set_defaults(command=demo)

    command = commands.add_parser("doctor", parents=[common], help="what is missing on this machine")
    command.add_argument("place", metavar="OUTPUT", nargs="?", help="a folder or s3:// prefix to test")
    command.set_defaults(command=doctor)


def _count(text: str) -> int:
    """A whole number, also as 1e9."""
    number = float(text)
    if not (math.isfinite(number) and number >= 1 and number % 1 == 0):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 1 on")
    return int(number)


def _with_reviews(chosen: Settings, asked: argparse.Namespace) -> Settings:
    """The settings, with the files named beside those that stand there."""
    named = {name: (*was, *getattr(asked, name)) for name, was in vars(chosen.judgements).items()}
    return dataclasses.replace(chosen, judgements=dataclasses.replace(chosen.judgements, **named))


def _with_references(chosen: Settings, asked: argparse.Namespace) -> Settings:
    """The settings, with the references named beside those that stand there."""
    references = (*chosen.against.references, *asked.against)
    return dataclasses.replace(chosen, against=dataclasses.replace(chosen.against, references=references))


def _interrupt(_: RunRefused) -> None:
    """Ends a Spark job that the main thread waits for: the lease is lost, and what it writes is for nobody."""
    os.kill(os.getpid(), signal.SIGINT)


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
