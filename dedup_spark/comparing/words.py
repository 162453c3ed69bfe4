"""A hash in Spark is an array of longs, first bit first, the last padded with zeros; here its distances and parts."""

from functools import reduce
from operator import add

from pyspark.sql import Column
from pyspark.sql import functions as F

from dedup_spark.hashing.bits import WORD

__all__ = ["WORD", "hamming", "part"]


def hamming(left: Column, right: Column, words: int) -> Column:
    """The number of differing bits of two hashes of so many words."""
    return reduce(add, (F.bit_count(left[word].bitwiseXOR(right[word])) for word in range(words)))


def part(words: Column, start: int, length: int) -> Column:
    """The `length` bits from bit `start` on, as an array of longs of their own, padded with zeros."""
    count = -(-length // WORD)
    longs = [_long(words, start + WORD * number) for number in range(count)]
    padding = WORD * count - length
    longs[-1] = F.shiftleft(F.shiftrightunsigned(longs[-1], padding), padding)
    return F.array(*longs)


def _long(words: Column, start: int) -> Column:
    """The 64 bits from bit `start` on; beyond the last word there are zeros."""
    word, offset = divmod(start, WORD)
    if not offset:
        return words[word]
    following = F.coalesce(F.get(words, F.lit(word + 1)), F.lit(0).cast("long"))
    return F.shiftleft(words[word], offset).bitwiseOR(F.shiftrightunsigned(following, WORD - offset))
