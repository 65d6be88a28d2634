"""The data dictionary: what every table and column means, as a page in the reader's language."""

from __future__ import annotations

from kdcourse.texts import pick, say
from kdcourse.world.declarations import GROUPS, tables


def dictionary(lang: str) -> str:
    """Return the data dictionary as Markdown in ``lang``."""

    def word(name: str, /, **fields: object) -> str:
        return say(f"dictionary.{name}", lang, **fields)

    lines = [f"# {word('title')}", "", word("about"), ""]
    heads = [word(head) for head in ("column", "type", "nature", "meaning")]
    if any(declared.folder == "raw" for declared in tables().values()):
        lines += [word("about-raw"), ""]
    for declared in sorted(tables().values(), key=lambda t: (GROUPS.index(t.folder), t.name)):
        lines += [f"## {declared.name}", "", pick(declared.about, lang), ""]
        if declared.clean_of:
            lines += [word("clean-of", table=declared.clean_of), ""]
        lines += [word("file", path=declared.path.as_posix(), key=", ".join(declared.key)), ""]
        lines += ["| " + " | ".join(heads) + " |", "|---|---|---|---|"]
        for column in declared.columns:
            kind = word(column.type) + (f", {column.unit}" if column.unit else "")
            meaning = pick(column.meaning, lang)
            if column.values:
                codes = (f"`{code}` {pick(name, lang)}" for code, name in column.values.items())
                meaning += " " + word("codes", codes=word("comma").join(codes))
            if column.refers:
                meaning += " " + word("refers", refers=column.refers)
            lines.append(f"| `{column.name}` | {kind} | {word(column.nature)} | {meaning} |")
        lines.append("")
    return "\n".join(lines)
