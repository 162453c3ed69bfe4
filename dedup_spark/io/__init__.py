"""Bytes of any place, local or on an object store, plain Python."""
