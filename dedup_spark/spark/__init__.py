"""The way to Spark: its session, its Java, who carries a piece of work."""
