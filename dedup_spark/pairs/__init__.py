"""Who finds the near pairs on Spark, who checks them, and what a sample says of the search."""
