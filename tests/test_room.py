"""A task holds so many bytes and one image more, and never waits for itself."""

import asyncio

from dedup_spark.io.room import Room


def test_images_wait_for_room_and_the_one_whose_turn_it_is_does_not() -> None:
    room, came = Room(100), []

    async def image(number: int, size: int) -> None:
        await room.enter(number, size)
        came.append(number)

    async def all_of_them() -> None:
        images = [asyncio.create_task(image(number, size)) for number, size in ((1, 80), (2, 30), (3, 25), (0, 900))]
        await asyncio.sleep(0.01)
        assert came == [1, 0]
        room.take(0)
        await asyncio.sleep(0.01)
        assert came == [1, 0]
        room.drop(1)
        await asyncio.gather(*images)
        assert sorted(came) == [0, 1, 2, 3]

    asyncio.run(all_of_them())


def test_what_an_attempt_held_no_longer_counts_in_the_next() -> None:
    room = Room(100)
    assert room.claim(1, 90)
    assert room.claim(1, 100)
    assert not room.claim(2, 1)
    room.drop(1)
    assert room.claim(2, 100)
