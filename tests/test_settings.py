"""Settings are read from one place, checked against their facts, and named when they are wrong."""

import dataclasses
from pathlib import Path

import pytest

from dedup_spark import settings
from dedup_spark.errors import BadInput


def test_every_setting_has_a_field_a_reason_and_a_default_within_its_range() -> None:
    described = settings.described()
    sections = {field.name: field.type for field in dataclasses.fields(settings.Settings)}
    assert list(described) == list(sections)
    for name, kind in sections.items():
        assert dataclasses.is_dataclass(kind)
        assert list(described[name]) == [field.name for field in dataclasses.fields(kind)]
        assert all(facts["reason"] for facts in described[name].values())
    settings.load()


def test_a_file_then_an_override_wins(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[candidate_pairs]\nmax_distance = 6\n[catalogue]\nid = "offer"\n')
    assert settings.load([file]).candidate_pairs.max_distance == 6
    assert settings.load([file], ["candidate_pairs.max_distance=4"]).candidate_pairs.max_distance == 4
    assert settings.load([file]).catalogue.id == ("offer",)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("speed", "must be section.key=value"),
        ("run.speed=1", "unknown setting run.speed"),
        ("engine.speed=1", "unknown section 'engine'"),
        ("candidate_pairs.max_distance=24", "must be 0 to 23"),
        ("candidate_pairs.max_distance=true", "must be a whole number"),
        ("run.max_reject_share=nan", "must be 0.0 to 1.0"),
        ("duplicate_sets.keeper=[]", "must name at least one"),
        ('duplicate_sets.keeper=["pixels", "pixels"]', "names one thing twice"),
        ('duplicate_sets.keeper=["beauty"]', "must be of was_keeper, pixels, bytes, image"),
        ("catalogue.rename=x", "must be a table of texts"),
        ("session.master=bogus", r"session.master = 'bogus': must be a Spark master URL like local\[4\], spark://"),
        ("session.master=local[0]", "must be a Spark master URL"),
        ("session.remote=host:15002", "session.remote = 'host:15002': must be a Spark Connect URL like sc://host"),
        ("s3.endpoint=ftp://x", "s3.endpoint = 'ftp://x': must be a URL like https://"),
        ("s3.endpoint=minio:9000", "must be a URL like https://"),
        ("s3.endpoint=https://me:open@host", "^s3.endpoint: must be a URL like .* without user, password"),
    ],
)
def test_what_is_wrong_is_named(override: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        settings.load(overrides=[override])


@pytest.mark.parametrize(
    "override",
    [
        *(f"session.master={name}" for name in ("local", "local[*]", "local[2, 3]", "local-cluster[2,1,1024]", "yarn")),
        *(f"session.master={name}" for name in ("spark://host:7077", "k8s://https://host:443")),
        *(f"session.remote={name}" for name in ("local", "local[2]", "local[*]", "sc://host/;token=x")),
        *(f"s3.endpoint={name}" for name in ("http://127.0.0.1:8333", "https://host/", "https://host/store", "")),
    ],
)
def test_every_way_to_name_a_master_or_an_endpoint_is_taken(override: str) -> None:
    settings.load(overrides=[override])


def test_a_broken_or_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[run\n")
    for name in ("broken.toml", "missing.toml"):
        with pytest.raises(BadInput, match=name):
            settings.load([tmp_path / name])


@pytest.mark.parametrize(
    ("override", "decides"),
    [
        ("session.master=local[1]", False),
        ("s3.credentials=anonymous", False),
        ("storage.s3_scheme=s3", False),
        ("run.lease_renew=1.0", False),
        ("run.partitions=7", False),
        ("components.carrier=cluster", False),
        ("duplicate_sets.round=7", False),
        ("fingerprints.in_flight=1", False),
        ("fingerprints.batch=1", False),
        ("fingerprints.client=s3fs", False),
        ("fingerprints.chunk=7", True),
        ("fingerprints.deadline=1.0", True),
        ("catalogue.image_root=/shop", True),
        ("candidate_pairs.max_distance=8", True),
        ("deduplicated.label_buckets=7", True),
    ],
)
def test_a_run_is_resumed_under_settings_that_decide_the_same_rows(override: str, decides: bool) -> None:
    assert (settings.load(overrides=[override]).digest() != settings.load().digest()) == decides


def test_what_decides_no_row_is_a_setting() -> None:
    known = settings.described()
    names = {f"{section}.{key}" for section in known for key in known[section]} | set(known)
    assert set(settings.UNDECIDING) <= names


def test_a_question_is_asked_as_the_run_was_made(tmp_path: Path) -> None:
    chosen = settings.load(overrides=["candidate_pairs.max_distance=6", "fingerprints.batch=7", "s3.region=moon"])
    run = settings.as_dict(chosen) | {"retired": {"speed": 9}}
    run["duplicate_pairs"]["retired"] = 9
    asked = settings.load(run=run)
    assert asked.digest() == chosen.digest()
    assert asked.fingerprints.batch == settings.load().fingerprints.batch
    assert asked.s3.region == ""
    assert settings.load(overrides=["candidate_pairs.max_distance=8"], run=run).candidate_pairs.max_distance == 8
