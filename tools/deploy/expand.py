"""Expand first: a migration takes nothing away that the release before still uses, because that one still serves.

While a deployment runs, and after a rollback, the code of the last release works on the schema of the new one. So a
migration only adds. What has to go, goes one release after the last code that names it, and the migration says so, in
a comment of its own with the name of what goes:

    -- The last release does not need recordings.mood: it stopped reading it.

This reads the text; what the last release really sends is tried by tests/database/test_last_release.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_COMMENT = re.compile(r"--([^\n]*)|/\*.*?\*/", re.DOTALL)
_BODY = re.compile(r"\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'", re.DOTALL)
_DECLARED = re.compile(r"^\s*The last release does not need ([\w.]+)", re.IGNORECASE)

_NAME = r"(?:IF EXISTS |ONLY )*(?P<name>[\w.]+)"
# What narrows -> what it does, in words. `name` is what is changed.
_STATEMENTS = {
    rf"DROP (?:TABLE|(?:MATERIALIZED )?VIEW|FUNCTION|PROCEDURE|SCHEMA|TYPE|DOMAIN|SEQUENCE|ROLE) {_NAME}": "drops",
    rf"CREATE UNIQUE INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?\w+ ON {_NAME}": "constrains",
    rf"ALTER (?:TABLE|VIEW|FUNCTION|TYPE|SCHEMA|SEQUENCE) {_NAME}.*? RENAME ": "renames",
    rf"ALTER (?:TABLE|VIEW|FUNCTION|TYPE|SEQUENCE) {_NAME}.*? SET SCHEMA ": "moves",
    rf"REVOKE .*? ON (?:TABLE |FUNCTION |SCHEMA )?{_NAME}": "revokes rights on",
    rf"DROP POLICY (?:IF EXISTS )?(?:\"[^\"]*\"|\w+) ON {_NAME}": "drops a policy of",
    rf"ALTER POLICY (?:\"[^\"]*\"|\w+) ON {_NAME}": "changes a policy of",
    rf"CREATE POLICY (?:\"[^\"]*\"|\w+) ON {_NAME} AS RESTRICTIVE": "narrows what is seen of",
    rf"TRUNCATE (?:TABLE )?{_NAME}": "empties",
}
# Of these an ALTER TABLE may have several. `part` is the column or constraint.
_ACTIONS = {
    r"DROP COLUMN (?:IF EXISTS )?(?P<part>\w+)": "drops",
    r"ALTER (?:COLUMN )?(?P<part>\w+) (?:SET DATA )?TYPE\b": "changes the type of",
    r"ALTER (?:COLUMN )?(?P<part>\w+) (?:SET NOT NULL|DROP DEFAULT)": "requires",
    r"ADD COLUMN (?:IF NOT EXISTS )?(?P<part>\w+) (?![^,]*\b(?:DEFAULT|GENERATED)\b)[^,]*\bNOT NULL": "requires",
    r"ADD CONSTRAINT (?P<part>\w+)": "constrains by",
    r"ADD (?P<part>CHECK|UNIQUE|FOREIGN KEY|EXCLUDE|PRIMARY KEY)\b": "constrains by",
}
_ALTER = re.compile(rf"ALTER TABLE {_NAME} (?P<actions>.*)", re.IGNORECASE)
_MADE = re.compile(
    r"CREATE (?:OR REPLACE )?(?:UNLOGGED )?(?:TABLE|VIEW|FUNCTION|TYPE|SCHEMA|ROLE|DOMAIN|SEQUENCE) "
    r"(?:IF NOT EXISTS )?([\w.]+)",
    re.IGNORECASE,
)


def narrowing(migrations: Sequence[Path]) -> list[str]:
    """What these migrations take away without saying that the last release does not need it, a line each.

    What one of them makes itself, the last release cannot know: it may be narrowed.
    """
    texts = {path.name: path.read_text("utf-8") for path in migrations}
    statements = {name: _statements(text) for name, text in texts.items()}
    made = {match[1].lower() for each in statements.values() for text in each for match in _MADE.finditer(text)}
    found = []
    for name, text in texts.items():
        declared = {
            match[1].lower().rstrip(".:")
            for comment in _COMMENT.finditer(text)
            if (match := _DECLARED.match(comment[1] or ""))
        }
        for statement in statements[name]:
            for thing, words in _narrowed(statement):
                whole = thing.rpartition(" ")[0] or thing
                if whole not in made and not {thing.replace(" ", "."), whole} & declared:
                    found.append(f"{name} {words} {thing.replace(' ', '.')}")
    return found


def _narrowed(statement: str) -> Iterator[tuple[str, str]]:
    """What a statement narrows, as `thing` or `thing part`, and how."""
    for pattern, words in _STATEMENTS.items():
        if match := re.match(pattern, statement, re.IGNORECASE):
            yield match["name"].lower(), words
    if alter := _ALTER.match(statement):
        for pattern, words in _ACTIONS.items():
            for match in re.finditer(pattern, alter["actions"], re.IGNORECASE):
                yield f"{alter['name']} {match['part']}".lower(), words


def _statements(text: str) -> list[str]:
    """The statements without comments, bodies of functions and literals, each on one line."""
    plain = _BODY.sub("''", _COMMENT.sub("", text))
    return [" ".join(statement.split()) for statement in plain.split(";") if statement.strip()]
