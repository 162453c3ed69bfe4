"""A distance is the time that each request takes to a server that is near: a proxy that holds back what is asked.

It sits in a process of its own, so that what it costs is not what the reader costs.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection

HOST = "127.0.0.1"
PIECE = 1 << 16  # bytes


@contextlib.contextmanager
def at(port: int, seconds: float) -> Iterator[int]:
    """The port at which the server of `port` on loopback is so many seconds a request away."""
    spawn = get_context("spawn")
    ours, its = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(port, seconds, its), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def _serve(port: int, seconds: float, told: Connection) -> None:
    asyncio.run(_listen(port, seconds, told))


async def _listen(port: int, seconds: float, told: Connection) -> None:
    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond, ahead = await asyncio.open_connection(HOST, port)
        await asyncio.gather(_pass_on(reader, ahead, seconds), _pass_on(beyond, writer, 0))

    server = await asyncio.start_server(joined, HOST, 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """What is read goes on so many seconds later: a GET is one piece."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            if seconds:
                await asyncio.sleep(seconds)
            writer.write(piece)
            await writer.drain()
    writer.close()
