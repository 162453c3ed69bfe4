"""A settings value is one number or word that steers the flow, with its unit, range and reason in `default.toml`.

`load` is the only function of the project that reads a file to learn what it should do.

>>> load().candidate_pairs.max_distance
10
>>> load(overrides=["candidate_pairs.max_distance=8"]).candidate_pairs.max_distance
8
>>> load(overrides=["candidate_pairs.max_distance=99"])
Traceback (most recent call last):
dedup_spark.errors.BadInput: candidate_pairs.max_distance = 99: must be 0 to 23 (differing bits of 300, at most)
"""

import dataclasses
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from dedup_spark.errors import BadInput

UNDECIDING = (
    "candidate_pairs.budget",
    "candidate_pairs.carrier",
    "candidate_pairs.driver_hashes",
    "candidate_pairs.shuffle_bytes",
    "components",
    "duplicate_sets.round",
    "fingerprints.batch",
    "fingerprints.bytes_in_flight",
    "fingerprints.client",
    "fingerprints.images_per_task",
    "fingerprints.in_flight",
    "judgements",
    "report",
    "run",
    "s3",
    "session",
    "storage",
)
"""Sections and settings that change no row, only where and how a run works: by whom, how much at once, how long.

So a run that was killed for want of memory is resumed with smaller batches, or on another machine. The chunk decides:
what is committed of a run is counted in its chunks. So do attempts and deadline: they decide what is a `timeout`.
"""


@dataclass(frozen=True)
class Catalogue:
    id: tuple[str, ...]
    image: str
    image_bytes: str
    version: tuple[str, ...]
    merchant: str
    brand: str
    title: str
    image_root: str
    rename: Mapping[str, str]


@dataclass(frozen=True)
class Fingerprints:
    allowed: tuple[str, ...]
    client: str
    decode: str
    chunk: int
    images_per_task: int
    batch: int
    in_flight: int
    bytes_in_flight: int
    attempts: int
    deadline: float
    max_pixels: int
    max_bytes: int
    thumbnail: int
    square: bool
    revalidate: str
    retry_rejects: bool


@dataclass(frozen=True)
class Views:
    stored: tuple[str, ...]
    probe: tuple[str, ...]
    against: tuple[str, ...]
    review: tuple[str, ...]


@dataclass(frozen=True)
class Judgements:
    judgements: tuple[str, ...]
    excluded: tuple[str, ...]
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class Against:
    references: tuple[str, ...]


@dataclass(frozen=True)
class CandidatePairs:
    max_distance: int
    budget: float
    carrier: str
    driver_hashes: int
    within: tuple[str, ...]
    max_bucket: int
    family_budget: int
    shuffle_bytes: int
    audit: int
    audit_seed: int


@dataclass(frozen=True)
class DuplicatePairs:
    max_colour_difference: float
    max_differing_area: float
    max_unseen_colour_difference: float


@dataclass(frozen=True)
class DuplicateSets:
    keeper: tuple[str, ...]
    round: int


@dataclass(frozen=True)
class Suspects:
    max_offers: int
    max_merchants: int
    max_brands: int
    grows_from_offers: int
    grows_from_merchants: int
    sample: int
    attributes: tuple[str, ...]
    no_brand: tuple[str, ...]
    alike_from: float
    unlike_to: float
    one_style: float
    shared_from: float
    titles_alike: float
    pictures_shared: float
    titles_unlike: float
    pictures_unshared: float
    brands_differ: float
    attributes_differ: float
    between_merchants: float
    max_bits: float


@dataclass(frozen=True)
class Conflicts:
    apart: tuple[str, ...]
    apart_when_near: tuple[str, ...]
    action: str


@dataclass(frozen=True)
class OfferGraph:
    max_clique: int


@dataclass(frozen=True)
class Components:
    carrier: str
    driver_edges: int
    task_edges: int
    max_rounds: int


@dataclass(frozen=True)
class Clusters:
    ids: str
    max_offers: int
    max_diameter: int
    max_per_merchant: int
    alarm_offers: int
    stop_offers: int
    task_edges: int


@dataclass(frozen=True)
class Deduplicated:
    suspects: str
    label_buckets: int


@dataclass(frozen=True)
class Evaluate:
    sample: int
    max_wrong_merges: float


@dataclass(frozen=True)
class Report:
    write: bool
    cards: int
    tasks: int
    seed: int
    columns: tuple[str, ...]
    sanitised: bool


@dataclass(frozen=True)
class Run:
    max_reject_share: float
    partitions: int
    lease_renew: float
    lease_watch: float
    keep_runs: int
    keep_days: float


@dataclass(frozen=True)
class Storage:
    s3_scheme: str


@dataclass(frozen=True)
class S3:
    region: str = ""
    endpoint: str = ""
    credentials: str = "default"
    profile: str = ""
    path_style: bool = False
    configure_spark: bool = False


@dataclass(frozen=True)
class Session:
    master: str
    remote: str
    app_name: str
    light_below: int
    conf: Mapping[str, str]


@dataclass(frozen=True)
class Settings:
    catalogue: Catalogue
    fingerprints: Fingerprints
    views: Views
    judgements: Judgements
    against: Against
    candidate_pairs: CandidatePairs
    duplicate_pairs: DuplicatePairs
    duplicate_sets: DuplicateSets
    suspects: Suspects
    conflicts: Conflicts
    offer_graph: OfferGraph
    components: Components
    clusters: Clusters
    deduplicated: Deduplicated
    evaluate: Evaluate
    report: Report
    run: Run
    storage: Storage
    s3: S3
    session: Session

    def digest(self) -> str:
        """Eight bytes of hex that name what decides a run's rows: what is UNDECIDING is left out."""
        return hashlib.sha256(json.dumps(_deciding(as_dict(self)), sort_keys=True).encode()).hexdigest()[:16]


def load(
    configs: Sequence[str | Path] = (),
    overrides: Sequence[str] = (),
    run: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """The settings: the defaults, then each file, then each `section.key=value`, the last one wins.

    A file holds plain TOML values; the value of an override is read as TOML, else taken as text.
    An unknown name, a wrong type or a value out of range raises `BadInput`.

    run: `settings` of an earlier run's `run.json`: what decides rows there stands in place of the defaults, so that a
    question is asked as the run was made. What is UNDECIDING, and names that are no settings any more, are not taken.
    """
    values: dict[str, dict[str, Any]] = {section: {} for section in described()}
    for section, keys in described().items():
        for key, facts in keys.items():
            _put(values, section, key, facts["default"])
    for section, known in _deciding(run or {}).items():
        for key in known.keys() & described().get(section, {}).keys():
            _put(values, section, key, known[key])
    for file in configs:
        for section, keys in _read(Path(file)).items():
            for key, value in _table(section, keys, str(file)).items():
                _put(values, section, key, value)
    for override in overrides:
        section, key, value = _parse(override)
        _put(values, section, key, value)
    _check_views(**values["views"])
    sections = {field.name: field.type for field in dataclasses.fields(Settings)}
    return Settings(**{name: kind(**values[name]) for name, kind in sections.items() if isinstance(kind, type)})


def override(name: str, text: str) -> str:
    """What `--set` takes to give a setting this text, whatever it looks like.

    >>> override("catalogue.image_root", "/pictures"), override("catalogue.image_root", "2024")
    ('catalogue.image_root=/pictures', 'catalogue.image_root="2024"')
    """
    plain = f"{name}={text}"
    return plain if _parse(plain)[2] == text else f"{name}={json.dumps(text, ensure_ascii=False)}"


@cache
def described() -> dict[str, dict[str, dict[str, Any]]]:
    """Section → key → default, unit, range or choices, reason: `default.toml` as it stands."""
    return tomllib.loads((files("dedup_spark") / "default.toml").read_text("utf-8"))


def as_dict(settings: Settings) -> dict[str, dict[str, Any]]:
    """The settings as JSON-ready values, in flow order."""
    return {
        section.name: {
            field.name: _plain(getattr(getattr(settings, section.name), field.name))
            for field in dataclasses.fields(getattr(settings, section.name))
        }
        for section in dataclasses.fields(settings)
    }


def _deciding(values: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        section: {key: value for key, value in keys.items() if f"{section}.{key}" not in UNDECIDING}
        for section, keys in values.items()
        if section not in UNDECIDING
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise BadInput(f"settings file {file}: no such file") from error
    except (OSError, ValueError) as error:
        raise BadInput(f"settings file {file}: {error}") from error


def _check_views(stored: Sequence[str], probe: Sequence[str], against: Sequence[str], review: Sequence[str]) -> None:
    """Only what is stored can be searched, and all else is told by the whole."""
    if "whole" not in stored:
        raise BadInput(f"views.stored = {list(stored)!r}: must have 'whole'")
    for name, views in (("probe", probe), ("against", against)):
        if lacking := [view for view in views if view not in stored]:
            raise BadInput(f"views.{name} = {list(views)!r}: views.stored lacks {', '.join(lacking)}")


def _table(section: str, keys: Any, source: str) -> dict[str, Any]:
    if not isinstance(keys, dict):
        raise BadInput(
            f"{source}: {section} = {keys!r} stands outside a section; settings stand as [section] key = value"
        )
    return keys


def _parse(override: str) -> tuple[str, str, Any]:
    name, equals, text = override.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (equals and dot):
        raise BadInput(f"--set {override}: must be section.key=value")
    try:
        return section, key, tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return section, key, text


def _put(values: dict[str, dict[str, Any]], section: str, key: str, value: Any) -> None:
    if section not in described():
        raise BadInput(f"unknown section {section!r}: must be one of {', '.join(described())}")
    if key not in described()[section]:
        raise BadInput(f"unknown setting {section}.{key}: [{section}] has {', '.join(described()[section])}")
    values[section][key] = _checked(f"{section}.{key}", value, described()[section][key])


def _checked(name: str, value: Any, facts: dict[str, Any]) -> Any:
    """The value in the type of its default, within its range or choices."""
    default = facts["default"]
    if isinstance(default, list) and isinstance(value, str):
        value = [value]
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(default) or not _texts(value):
        raise BadInput(f"{name} = {value!r}: must be {_kind(default)}")
    words = value if isinstance(value, list) else [value]
    if "choices" in facts and not set(words) <= set(facts["choices"]):
        raise BadInput(f"{name} = {value!r}: must be of {', '.join(facts['choices'])}")
    if isinstance(value, list) and len(set(value)) < len(value):
        raise BadInput(f"{name} = {value!r}: names one thing twice")
    if "form" in facts and value and not re.fullmatch(facts["form"], value):
        shown = "" if "@" in value else f" = {value!r}"  # people write passwords into URLs
        raise BadInput(f"{name}{shown}: must be a {facts['unit']} like {facts['like']}")
    if value == [] and default and not facts.get("optional"):
        raise BadInput(f"{name} = []: must name at least one of {facts.get('unit', 'them')}")
    if "range" in facts and not facts["range"][0] <= value <= facts["range"][1]:
        raise BadInput(
            f"{name} = {value}: must be {facts['range'][0]} to {facts['range'][1]} ({facts.get('unit', '')})"
        )
    return tuple(value) if isinstance(value, list) else value


def _texts(value: Any) -> bool:
    members = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return all(isinstance(member, str) for member in members)


def _kind(default: Any) -> str:
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list of texts"}
    return kinds.get(type(default), "a table of texts")
