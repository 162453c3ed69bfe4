"""A table is one word of the flow: what a row of it is, and each column with its type, nullability and meaning.

`forms.conform` brings a DataFrame into the form of its table; nothing is written in any other form.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import types as T

STRING, INT, LONG, DOUBLE = T.StringType(), T.IntegerType(), T.LongType(), T.DoubleType()
BOOLEAN, BINARY = T.BooleanType(), T.BinaryType()

ID = T.NullType()
"""Stands for the type of the catalogue's id: string, integer, or a struct of several columns."""

ROW = T.StructType()
"""Stands for the struct of the catalogue's own columns."""


@dataclass(frozen=True)
class Column:
    name: str
    type: T.DataType
    comment: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One word of the flow. `carries_catalogue`: the catalogue's own columns stand before these."""

    name: str
    row: str
    columns: tuple[Column, ...]
    carries_catalogue: bool = False

    def schema(self, id_type: T.DataType = STRING, catalogue: Sequence[T.StructField] = ()) -> T.StructType:
        """The Spark schema, for this type of id and these columns of the catalogue."""
        stands_for = {ID: id_type, ROW: T.StructType(list(catalogue))}
        own = [
            T.StructField(
                column.name, stands_for.get(column.type, column.type), column.nullable, {"comment": column.comment}
            )
            for column in self.columns
        ]
        return T.StructType([*(catalogue if self.carries_catalogue else ()), *own])


WORDS = T.ArrayType(LONG, containsNull=False)

WHOLE = "whole"
"""The view that each picture has: what a viewer shows of it."""

VIEW = T.StructType(
    [
        T.StructField("view", STRING, False, {"comment": "the way of looking: whole, or see images/views.py"}),
        T.StructField(
            "words", WORDS, False, {"comment": "the hash as longs, first bit first, the last padded with zeros"}
        ),
        T.StructField(
            "colour_signature", BINARY, True, {"comment": "what the colour veto compares; null: the square tells"}
        ),
        T.StructField("low_information", BOOLEAN, False, {"comment": "shows nothing that identifies a product"}),
        T.StructField("unstable", BOOLEAN, False, {"comment": "the hash is a coin toss in some channel"}),
        T.StructField("unstable_channels", INT, False, {"comment": "which: 1 = R, 2 = G, 4 = B, added up"}),
    ]
)

CATALOGUE = Table(
    "catalogue",
    "one offer showing one image, as it came in",
    (
        Column("id", ID, "the offer", nullable=True),
        Column("image", STRING, "where the picture lies, resolved; as written where it cannot be", nullable=True),
        Column("status", STRING, "ok, same_row, no_id, or why the path is not fetched"),
        Column("detail", STRING, "what exactly is wrong", nullable=True),
        Column("merchant", STRING, "who sells it; null where unknown", nullable=True),
        Column("brand", STRING, "who makes it; null where unknown", nullable=True),
        Column("title", STRING, "what it is called; null where unknown", nullable=True),
        Column("version", STRING, "what the catalogue says of the image's version; null where nothing", nullable=True),
        Column("row", ROW, "the catalogue's own columns, untouched but for the image"),
    ),
)

WANTED = Table(
    "wanted",
    "one distinct image path that may be fetched, and the segment of an earlier run whose row of it still holds",
    (
        Column("image", STRING, "where the picture lies"),
        Column("version", STRING, "what the catalogue says of its version; null where nothing", nullable=True),
        Column("fate", STRING, "reused; fetched, since it is new, has changed, or is retried"),
        Column("segment", STRING, "where its row is stored; null: it is fetched", nullable=True),
        Column("status", STRING, "what that row says; null: it is fetched", nullable=True),
    ),
)

UNREAD = Table(
    "unread",
    "one row of an earlier run's segment that this run does not read; written where there may be any",
    (
        Column("image", STRING, "where the picture lies"),
        Column("segment", STRING, "where the row is stored"),
    ),
)

FINGERPRINTS = Table(
    "fingerprints",
    "one distinct image path: its content, hashes, colour signature and size, or the status that says why not",
    (
        Column("image", STRING, "where the picture lies"),
        Column("status", STRING, "ok, or a word of errors.IMAGE_STATUSES"),
        Column("detail", STRING, "what exactly is wrong", nullable=True),
        Column(
            "content", STRING, "first 32 hex digits of the SHA-256 of the bytes: the picture's identity", nullable=True
        ),
        Column("md5", STRING, "MD5 of the bytes, reported, never a key", nullable=True),
        Column("bytes", LONG, "size of the file", nullable=True),
        Column("format", STRING, "JPEG, PNG, WEBP, GIF or BMP", nullable=True),
        Column("width", INT, "pixels, as a viewer shows it", nullable=True),
        Column("height", INT, "pixels, as a viewer shows it", nullable=True),
        Column("phash", STRING, "colour pHash, 25 hex digits a channel, R-G-B", nullable=True),
        Column("hash_version", STRING, "unlike versions are never compared", nullable=True),
        Column("signature_version", STRING, "unlike versions are never compared", nullable=True),
        Column("decoder", STRING, "who decoded it, recorded only", nullable=True),
        Column("low_information", BOOLEAN, "shows nothing that identifies a product", nullable=True),
        Column("unstable", BOOLEAN, "the hash is a coin toss in some channel", nullable=True),
        Column("colour_signature", BINARY, "what the colour veto compares", nullable=True),
        Column(
            "margins",
            T.ArrayType(INT),
            "left, top, right, bottom, in 1/10,000 of the sides; null: not looked for",
            nullable=True,
        ),
        Column(
            "views",
            T.ArrayType(VIEW, containsNull=False),
            "ways of looking at it, each with its own hash",
            nullable=True,
        ),
    ),
)

THUMBNAILS = Table(
    "thumbnails",
    "one usable image path: a small picture for people",
    (
        Column("image", STRING, "where the picture lies"),
        Column("content", STRING, "the picture's identity"),
        Column("thumbnail", BINARY, "WebP; null when switched off", nullable=True),
        Column(
            "square", BINARY, "the 60x60 picture the hash saw, lossless WebP; null when switched off", nullable=True
        ),
    ),
)

JUDGEMENTS = Table(
    "judgements",
    "one person's word on two offers or two pictures, and what became of it; written where there is any",
    (
        Column("kind", STRING, "offer or picture"),
        Column("left", STRING, "the id of an offer as text; a content, or the path of an image"),
        Column("right", STRING, "the other one"),
        Column("verdict", STRING, "same or different"),
        Column("source", STRING, "who says so"),
        Column("time", T.TimestampType(), "when; null counts as said now", nullable=True),
        Column("place", STRING, "the file, table or file of the store where it stands"),
        Column("fate", STRING, "obeyed, superseded, contradicted, unknown or one content: see judgements.py"),
    ),
)

DUPLICATE_PAIRS = Table(
    "duplicate_pairs",
    "left < right: two pictures within the threshold, and what the veto says of them",
    (
        Column("left_image", STRING, "smallest path of the left content"),
        Column("right_image", STRING, "smallest path of the right content"),
        Column("left_content", STRING, "left_content < right_content"),
        Column("right_content", STRING, "left_content < right_content"),
        Column("left_view", STRING, "the view that met"),
        Column("right_view", STRING, "the view that met"),
        Column("distance", INT, "differing bits of the whole hash"),
        Column("colour_difference", DOUBLE, "CIE76 Delta E of the worst block"),
        Column("differing_area", DOUBLE, "share that shows something else; null: not looked at again", nullable=True),
        Column("verdict", STRING, "duplicate, vetoed or review"),
        Column("reason", STRING, "same hash, near, fallback; vetoed: colour, area; review: unseen; or judged"),
    ),
)

SEARCHED = Table(
    "searched",
    "one picture that stood for itself in the search of pairs, once for each group: what the next run knows it by",
    (
        Column("content", STRING, "the picture's identity: what a search by views knows it by"),
        Column("words", T.ArrayType(LONG), "its hash"),
        Column("unstable_channels", INT, "where the hash is a coin toss: 1 = R, 2 = G, 4 = B, added up"),
        Column("within", T.ArrayType(STRING), "the group: the values of [candidate_pairs] within"),
        Column("by_hash", BOOLEAN, "in no family of whole hashes: near_hashes has all such pairs of it"),
        Column("by_channel", BOOLEAN, "in no family of channels: near_hashes has all such pairs of it"),
        Column("by_view", BOOLEAN, "in no family of views: near_views has all such pairs of it"),
    ),
)

NEAR_HASHES = Table(
    "near_hashes",
    "two unlike hashes that a search found near, whatever became of their pictures; left < right",
    (
        Column("search", STRING, "near: by whole hashes; near-channels: by a channel that is stable in both"),
        Column("left_words", T.ArrayType(LONG), "the left hash"),
        Column("left_unstable_channels", INT, "where it is a coin toss: 1 = R, 2 = G, 4 = B, added up"),
        Column("right_words", T.ArrayType(LONG), "the right hash"),
        Column("right_unstable_channels", INT, "where it is a coin toss"),
        Column("distance", INT, "differing bits; near-channels: of the nearest channel that is stable in both"),
    ),
)

NEAR_VIEWS = Table(
    "near_views",
    "left < right: two pictures of which a view of one is near a view of the other; written where views are compared",
    (Column("left", STRING, "a content"), Column("right", STRING, "the other one")),
)

DUPLICATE_SETS = Table(
    "duplicate_sets",
    "one image that has a duplicate: its set, its keeper, how far it is from the keeper",
    (
        Column("image", STRING, "where the picture lies"),
        Column("content", STRING, "the picture's identity"),
        Column("set_id", STRING, "the set, named by its keeper's content"),
        Column("keeper", STRING, "the content that stands for the set"),
        Column("keeper_image", STRING, "smallest path of the keeper"),
        Column("distance", INT, "differing bits from the keeper's hash"),
        Column("colour_difference", DOUBLE, "CIE76 Delta E of the worst block against the keeper"),
        Column("reason", STRING, "keeper, same bytes, same hash, near, fallback or judged"),
    ),
)

SUSPECTS = Table(
    "suspects",
    "one image that must not connect offers, with the evidence",
    (
        Column("image", STRING, "where the picture lies"),
        Column("set_id", STRING, "its set, or its own content where it has no duplicate"),
        Column(
            "reason",
            STRING,
            "excluded, low_information, many_brands, many_merchants, many_offers, many_products or copy_of_suspect",
        ),
        Column("offers", LONG, "distinct offers that show the set"),
        Column(
            "merchants", LONG, "distinct merchants that show it; null where the catalogue names none", nullable=True
        ),
        Column("brands", LONG, "distinct brands that show it; null where the catalogue names none", nullable=True),
        Column(
            "products", DOUBLE, "how many products its offers look like; null where nothing is known", nullable=True
        ),
        Column(
            "bits",
            DOUBLE,
            "evidence that its offers are one product, below 0 against it; null for one offer",
            nullable=True,
        ),
        Column("evidence", STRING, "the counts in words, beside the limit they break"),
    ),
)

CONFLICTS = Table(
    "conflicts",
    "one set of pictures whose offers differ in a column that says they are not one product",
    (
        Column("set_id", STRING, "the set"),
        Column("kind", STRING, "apart: never in one cluster; apart_when_near: joined by the same file only"),
        Column("column", STRING, "the column of the catalogue"),
        Column("differing", LONG, "how many different values the offers have"),
        Column("offers", LONG, "distinct offers that show the set"),
        Column("values", T.ArrayType(STRING), "the first values, sorted, in small letters"),
        Column("action", STRING, "apart: the set fell into parts; review: listed only"),
    ),
)

SHOWS = Table(
    "shows",
    "one offer showing one part of a duplicate set, by its picture nearest to the keeper",
    (
        Column("id", ID, "the offer"),
        Column("set_id", STRING, "the set, or the content of a picture without a duplicate"),
        Column("part", STRING, "what the offer is connected by: the set, or one part of a set with a conflict"),
        Column("image", STRING, "the offer's picture of the set, the one nearest to the keeper"),
        Column("content", STRING, "the picture's identity"),
        Column("distance", INT, "differing bits from the keeper's hash"),
        Column("colour_difference", DOUBLE, "CIE76 Delta E of the worst block against the keeper"),
        Column("joined", STRING, "why it is in the set: keeper, same bytes, same hash, near, fallback ..."),
        Column("words", T.ArrayType(LONG), "its hash"),
        Column("merchant", STRING, "who sells the offer; null where unknown", nullable=True),
        Column("connects", BOOLEAN, "false for a suspect"),
    ),
)

SPLITS = Table(
    "splits",
    "one offer taken off one part of a set: its pictures there no longer connect it",
    (
        Column("cluster_id", STRING, "the cluster that there would have been, named by its smallest offer"),
        Column("id", ID, "the offer"),
        Column("set_id", STRING, "the set; null where a person's word was overruled", nullable=True),
        Column("part", STRING, "what the offer was connected by, as in shows; judged and the two offers for a word"),
        Column("image", STRING, "its picture of the set, the one nearest to the keeper", nullable=True),
        Column("distance", INT, "differing bits from the keeper's hash", nullable=True),
        Column("reason", STRING, "cannot_link, unlike, max_offers, max_per_merchant or max_diameter"),
        Column("evidence", STRING, "what was wrong, beside the limit; the other edges cut there; the sizes it left"),
    ),
)

OFFER_GRAPH = Table(
    "offer_graph",
    "left offer < right offer, and the pictures that prove that they show one product",
    (
        Column("left_offer", ID, "left < right"),
        Column("right_offer", ID, "left < right"),
        Column("left_image", STRING, "the left offer's picture of the set, the one nearest to the keeper"),
        Column("right_image", STRING, "the right offer's picture of the set, the one nearest to the keeper"),
        Column("distance", INT, "differing bits between the two"),
        Column("images", LONG, "how many sets the two offers share"),
        Column("dense", BOOLEAN, "a ray of the star of a set above max_clique"),
    ),
)

CLUSTERS = Table(
    "clusters",
    "one offer in a cluster",
    (
        Column("id", ID, "the offer"),
        Column("cluster_id", STRING, "the cluster: the name it had in the run before, else its smallest offer"),
        Column("size", LONG, "offers in the cluster"),
    ),
)

CHANGES = Table(
    "changes",
    "one offer that is not in the cluster that it was in before; written where there was a run before",
    (
        Column("id", ID, "the offer"),
        Column("change", STRING, "created, grown, shrunk, ended, merged, split or moved"),
        Column("was", STRING, "the cluster that it was in; null: in none", nullable=True),
        Column("cluster_id", STRING, "the cluster that it is in; null: in none", nullable=True),
    ),
)

MEASURES = Table(
    "measures",
    "one cluster: how large it is, how far its pictures and offers are apart, what holds it",
    (
        Column("cluster_id", STRING, "the cluster"),
        Column("offers", LONG, "offers in it"),
        Column("sets", LONG, "sets, or parts of sets, that two of its offers and more show"),
        Column("merchants", LONG, "distinct merchants; null where the catalogue names none", nullable=True),
        Column("along", INT, "largest distance of an offer's picture from its keeper; null: words only", nullable=True),
        Column("across", INT, "no two such pictures of one set differ in more bits; null: words only", nullable=True),
        Column("diameter", INT, "sets on the way between the two farthest offers; null: too large", nullable=True),
        Column("bridges", INT, "bonds that alone hold groups of two offers and more; null: too large", nullable=True),
        Column("density", DOUBLE, "share of all (offer, set) that are shown; null: words only", nullable=True),
    ),
)

DEDUPLICATED = Table(
    "deduplicated",
    "a catalogue row kept",
    (
        Column("phash", STRING, "colour pHash of its picture"),
        Column("md5", STRING, "MD5 of its picture"),
        Column("label", LONG, "0 ... n-1: one per cluster and one per offer in none"),
    ),
    carries_catalogue=True,
)

REMOVED = Table(
    "removed",
    "a catalogue row not kept, and the row that stands for it",
    (
        Column("kept_id", ID, "the offer of the row that stands for it"),
        Column("kept_image", STRING, "the image of the row that stands for it"),
        Column("distance", INT, "differing bits from it"),
        Column("reason", STRING, "same row, same image, same bytes, same hash, near, fallback or judged"),
    ),
    carries_catalogue=True,
)

REPEATS = Table(
    "repeats",
    "a catalogue row not kept, since a reference has its picture; written where there is a reference",
    (
        Column("reference_image", STRING, "the picture of the reference"),
        Column("distance", INT, "differing bits from it"),
        Column("reason", STRING, "same bytes, same hash or near"),
    ),
    carries_catalogue=True,
)

REJECTS = Table(
    "rejects",
    "a catalogue row that could not be used",
    (
        Column("stage", STRING, "catalogue, fingerprints or suspects"),
        Column("id", ID, "the offer", nullable=True),
        Column("image", STRING, "where the picture should lie", nullable=True),
        Column("status", STRING, "why, in a word"),
        Column("detail", STRING, "what exactly is wrong", nullable=True),
    ),
)

OF_EVERY_RUN = (
    CATALOGUE,
    FINGERPRINTS,
    DUPLICATE_PAIRS,
    DUPLICATE_SETS,
    SUSPECTS,
    CONFLICTS,
    SHOWS,
    SPLITS,
    OFFER_GRAPH,
    CLUSTERS,
    MEASURES,
    DEDUPLICATED,
    REMOVED,
    REJECTS,
)
"""The tables of the flow that every run has, in its order; `fingerprints` lies in the store."""

ALL = (*OF_EVERY_RUN, WANTED, UNREAD, THUMBNAILS, SEARCHED, NEAR_HASHES, NEAR_VIEWS, JUDGEMENTS, CHANGES, REPEATS)
"""Every table that there is; `thumbnails` lies in the store as well."""
