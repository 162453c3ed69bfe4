"""A client reaches the right bucket with the right credentials, and nothing secret comes out of its errors."""

import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import obstore
import pytest

from dedup_spark.errors import BadInput, DedupError, StorageFailed
from dedup_spark.io import clients, objects
from dedup_spark.io.failures import Failure
from dedup_spark.settings import S3
from tests.faulty_s3 import Answer, faulty
from tests.s3_server import Server

SECRETS = ("AKIAGEHEIM", "geheim/secret", "geheim-token", "Signature=", "geheim-signed")
ECHO = (
    b"<Error><Code>SignatureDoesNotMatch</Code><Message>geheim/secret</Message><AWSAccessKeyId>AKIAGEHEIM"
    b"</AWSAccessKeyId><StringToSign>AWS4 geheim-token</StringToSign>"
    b"<Url>https://shop.example/a?X-Amz-Signature=geheim-signed</Url></Error>"
)


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAGEHEIM")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim/secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "geheim-token")


def calls(s3: S3) -> dict[str, Callable[[], object]]:
    """Everything that the driver asks of a bucket."""
    return {
        "read": lambda: objects.read("s3://shop/a", s3),
        "stat": lambda: objects.stat("s3://shop/a", s3),
        "write": lambda: objects.write("s3://shop/a", b"", s3),
        "create": lambda: objects.write("s3://shop/a", b"", s3, expected=None),
        "list": lambda: list(objects.listing("s3://shop/a/", s3)),
        "delete": lambda: objects.delete(["s3://shop/a"], s3),
    }


def said(call: Callable[[], object]) -> str:
    """What a traceback of the failure shows, which is more than the command line prints."""
    with pytest.raises(StorageFailed) as caught:
        call()
    return "".join(traceback.format_exception(caught.value))


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 500])
def test_nothing_secret_is_said(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "ATTEMPTS", 1)
    with faulty() as server:
        for path in ("/shop/a", "/shop?list-type=2&prefix=a%2F", "/shop?delete"):
            server.put(path, Answer(ECHO, status))
        s3 = S3(endpoint=server.settings.endpoint, path_style=True)
        for name, call in calls(s3).items():
            if status in (404, 409) and name != "list":
                continue  # not a failure: nothing is there, or somebody was faster
            text = said(call)
            assert not [word for word in SECRETS if word in text], name


@pytest.mark.usefixtures("secret")
def test_credentials_are_named_by_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty() as server:
        server.put("/shop/a", Answer(ECHO, 403))
        s3 = S3(endpoint=server.settings.endpoint, path_style=True)
        with pytest.raises(StorageFailed) as caught:
            objects.read("s3://shop/a", s3)
        assert str(caught.value) == (
            "cannot read s3://shop/a: 403 SignatureDoesNotMatch with the credentials of AWS_ACCESS_KEY_ID, "
            f"at {server.settings.endpoint}"
        )
    for name, source in {
        "AWS_WEB_IDENTITY_TOKEN_FILE": "web identity",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "container",
    }.items():
        with monkeypatch.context() as patch:
            patch.delenv("AWS_ACCESS_KEY_ID")
            patch.setenv(name, "x")
            assert source in clients.credential_source(S3())
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_PROFILE", "shop")
    assert "instance" in clients.credential_source(S3())
    assert "profile shop" in clients.credential_source(S3(credentials="profile"))
    assert "AWS_PROFILE is obeyed" in str(clients.refused("", Failure("credentials", ""), "shop", S3()))


@pytest.mark.usefixtures("secret")
def test_bucket_in_another_region_is_named() -> None:
    body = b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>"
    with faulty() as server:
        server.put("/shop/a", Answer(body, 400))
        with pytest.raises(StorageFailed, match="the bucket is in region eu-west-1"):
            objects.read("s3://shop/a", server.settings)


@pytest.mark.parametrize(
    "endpoint", ["s3.example.com", "ftp://s3.example.com", "https://u:geheim@s3.example.com", "http://"]
)
def test_endpoint_that_is_none_is_bad_input_without_its_password(endpoint: str) -> None:
    with pytest.raises(BadInput, match=r"s3\.endpoint: must be a URL") as caught:
        objects.read("s3://shop/a", S3(endpoint=endpoint))
    assert "geheim" not in str(caught.value)


def test_url_of_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    urls = {
        ("shop", S3()): "https://shop.s3.us-east-1.amazonaws.com",
        ("shop", S3(region="eu-west-1")): "https://shop.s3.eu-west-1.amazonaws.com",
        ("shop", S3(region="cn-north-1")): "https://shop.s3.cn-north-1.amazonaws.com.cn",
        ("my.shop", S3()): "https://s3.us-east-1.amazonaws.com/my.shop",
        ("shop", S3(endpoint="https://store.example:9000/")): "https://shop.store.example:9000",
        ("shop", S3(endpoint="https://store.example", path_style=True)): "https://store.example/shop",
        ("shop", S3(endpoint="http://127.0.0.1:9000")): "http://127.0.0.1:9000/shop",
        ("shop", S3(endpoint="http://localhost:9000")): "http://localhost:9000/shop",
    }
    assert {asked: clients._url(*asked) for asked in urls} == urls
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://all.example")
    assert clients._url("shop", S3()) == "https://shop.all.example"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example")
    assert clients._url("shop", S3()) == "https://shop.s3.example"
    assert clients._url("shop", S3(endpoint="https://mine.example")) == "https://shop.mine.example"
    assert clients.region(S3()) == "eu-north-1"


@pytest.mark.usefixtures("secret")
def test_setting_of_an_endpoint_beats_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    with faulty() as server:
        server.put("/shop/a", b"bytes")
        found = objects.read("s3://shop/a", server.settings)
        assert found is not None
        assert found.data == b"bytes"


def test_client_follows_the_environment(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    objects.write("s3://results/client", b"1", s3.settings)
    first = clients.store("results", s3.settings, 1.0)
    assert clients.store("results", s3.settings, 1.0) is first
    with monkeypatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        with pytest.raises(StorageFailed, match="403 SignatureDoesNotMatch"):
            objects.read("s3://results/client", s3.settings)
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONG")
        with pytest.raises(StorageFailed, match="403 InvalidAccessKeyId"):
            objects.write("s3://results/client", b"2", s3.settings)
    assert objects.read("s3://results/client", s3.settings) is not None
    with pytest.raises(StorageFailed, match=r"no credentials \(\[s3\] credentials = anonymous\)"):
        objects.read("s3://results/client", S3(endpoint=s3.endpoint, credentials="anonymous"))


def test_profile_is_read_through_botocore(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("botocore", reason="needs the extra s3fs")
    config = tmp_path / "credentials"
    config.write_text(f"[shop]\naws_access_key_id={s3.access_key}\naws_secret_access_key={s3.secret_key}\n[empty]\n")
    objects.write("s3://results/profile", b"1", s3.settings)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(config))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    found = objects.read("s3://results/profile", S3(endpoint=s3.endpoint, credentials="profile", profile="shop"))
    assert found is not None
    for profile in ("none", "empty"):
        with pytest.raises(StorageFailed, match=f"the profile {profile}"):
            objects.read("s3://results/profile", S3(endpoint=s3.endpoint, credentials="profile", profile=profile))


def test_profile_without_botocore_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(BadInput, match="needs botocore: pip install"):
        objects.read("s3://shop/a", S3(endpoint="http://127.0.0.1:1", credentials="profile"))


@pytest.mark.usefixtures("secret")
def test_variable_that_is_not_understood_is_said_to_be_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_UNSIGNED_PAYLOAD", "geheim")
    with pytest.raises(StorageFailed, match="variable is not understood") as caught:
        objects.read("s3://shop/a", S3())
    assert "geheim" not in str(caught.value)


@pytest.mark.usefixtures("secret")
def test_silent_machine_without_a_role_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StorageFailed, match="a part of the credentials is missing"):
        objects.read("s3://shop/a", S3())
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    monkeypatch.setattr(objects, "SILENCE_SECONDS", 0.3)
    with faulty() as server:
        server.put("/latest/api/token", Answer(delay=30))
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", server.settings.endpoint)
        with pytest.raises(StorageFailed, match="no credentials are found with the role of the instance"):
            objects.read("s3://shop/a", S3(endpoint=server.settings.endpoint))


def test_forked_process_says_so_instead_of_hanging(s3: Server) -> None:
    script = f"""
import os, sys
from dedup_spark.io import objects
from dedup_spark.errors import Fault
from dedup_spark.settings import S3
s3 = S3(endpoint={s3.endpoint!r})
objects.write("s3://results/fork", b"1", s3)
child = os.fork()
if child == 0:
    try:
        objects.read("s3://results/fork", s3)
    except Fault as fault:
        os._exit(42 if "spawn" in str(fault) else 1)
    os._exit(1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    environment = {**os.environ, **s3.environment}
    assert subprocess.run([sys.executable, "-c", script], env=environment, timeout=30, check=False).returncode == 42


def test_errors_travel_between_processes() -> None:
    for error in (StorageFailed("a"), objects.Conflict("b"), BadInput("c")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
        assert isinstance(error, DedupError)


@pytest.mark.parametrize("key", ["a", "/a", "//a", "a/", "a//", "/", "//", "a//b", "/a//b/c", "a///b"])
def test_head_and_path_of_a_key_make_the_key_again(key: str) -> None:
    head, path = clients.split(key)
    assert f"{head}/{path}" == f"/{key}"
    assert not path.startswith("/")
    assert "//" not in path


@pytest.mark.parametrize(
    "key",
    [
        "a b",
        "a%20b",
        "a%2Fb",
        "a+b",
        "a#b",
        "a?b=c",
        "é",
        "e\u0301",
        "/a",
        "//a",
        "a//b",
        "/a//b c//d",
        "a/",
        "a//",
        "~*'()",
    ],
)
def test_key_reaches_the_server_as_written(key: str) -> None:
    with faulty() as server:
        objects.read(f"s3://shop/{key}", server.settings)
        head, path = clients.split(key)
        assert path or head
        assert [bytes_of(path) for _, path in server.requests] == [b"/shop/" + key.encode()]


def bytes_of(path: str) -> bytes:
    """The path of a URL with its percent signs undone; it must not have what would end it."""
    assert "?" not in path
    assert "#" not in path
    return b"".join(
        bytes([int(part[:2], 16)]) + part[2:].encode() if number else part.encode()
        for number, part in enumerate(path.split("%"))
    )


def test_obstore_is_still_as_we_know_it() -> None:
    """When this fails, `clients.split` may have become needless."""
    with faulty() as server:
        store = clients.store("shop", server.settings, 1.0)
        with pytest.raises(ValueError, match="empty path segment"):
            obstore.get(store, "a//b")
        with pytest.raises(FileNotFoundError):
            obstore.get(store, "/a")
        assert server.requests == [("GET", "/shop/a")]
