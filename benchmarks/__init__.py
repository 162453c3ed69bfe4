"""A benchmark is a program that prints a table of docs/quality.md or docs/speed.md."""
