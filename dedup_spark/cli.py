"""A command is a line of arguments that ends with an exit code: see `errors` for the codes.

dedup-spark run CATALOGUE OUTPUT        the whole flow; --against OUTPUT2: without what OUTPUT2 has already
dedup-spark plan CATALOGUE              what it would cost, before it costs anything
dedup-spark query OUTPUT IMAGE ...      which stored pictures are within the threshold of these
dedup-spark explain OUTPUT OFFER OFFER  the chain of pictures that connects two offers
dedup-spark report OUTPUT [RUN]         the pages to look at once more; --sanitised: without pictures and merchants
dedup-spark history OUTPUT              the runs there were, what changed, what was fetched
dedup-spark rollback OUTPUT [RUN]       makes an older run the current one again
dedup-spark review import FILE OUTPUT   what people said of offers and pictures: every later run on OUTPUT obeys it
dedup-spark review tasks OUTPUT FILE    pairs to judge in Label Studio, with what the run makes of them
dedup-spark clean OUTPUT                old runs, and what nothing refers to; --yes deletes it
dedup-spark catalogue folder DIR FILE   a catalogue of any folder or prefix of pictures
dedup-spark evaluate null FOLDER        how many wrong merges to expect, by pictures that are all different
dedup-spark demo DIR                    a drawn catalogue that holds every case that matters
dedup-spark doctor                      what is missing on this machine, and how to fix it
"""

import argparse
import dataclasses
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Callable, Sequence

from dedup_spark import arguments, settings
from dedup_spark.errors import INTERRUPTED, BadInput, DedupError, RunRefused
from dedup_spark.io import locations
from dedup_spark.output import documents
from dedup_spark.settings import Settings


def main(line: Sequence[str] | None = None) -> int:
    """Runs a command; its exit code. Errors are one message on stderr, faults of the program a traceback."""
    asked = arguments.parser().parse_args(line)
    try:
        return int(COMMANDS[asked.command](asked, settings.load(asked.config, asked.set)) or 0)
    except DedupError as error:
        _complain(f"dedup-spark: {documents.redacted(str(error))}")
        return error.exit_code
    except KeyboardInterrupt:
        resumed = "; the same command resumes the run" if asked.command == run.__name__ else ""
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


def review_tasks(asked: argparse.Namespace, chosen: Settings) -> None:
    """What Label Studio is to ask people."""
    from dedup_spark.commands import tasks

    counts = tasks.write(asked.output, asked.file, chosen)
    print(f"{asked.file}: {', '.join(f'{count:,} {kind}' for kind, count in counts.items())}")


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


COMMANDS: dict[str, Callable[[argparse.Namespace, Settings], int | None]] = {
    command.__name__: command
    for command in (
        run,
        plan,
        query,
        explain,
        report,
        history,
        rollback,
        review_import,
        review_tasks,
        clean,
        catalogue_folder,
        evaluate_null,
        demo,
        doctor,
    )
}
"""What a command line may ask for, by the names that `arguments` has for it."""


if __name__ == "__main__":
    sys.exit(main())
