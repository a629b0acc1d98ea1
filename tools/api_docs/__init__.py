"""What is written from app.py and the models: the OpenAPI document, the tables of docs/wire.md, the client's types."""


class Undeclared(Exception):
    """Something the documents need is missing. The message says what to declare, and in which file."""
