"""Take Chinese surnames and given names from Faker, once, so that a world needs no Faker to build.

Faker's lists change between versions; a world's bytes must not. The result is committed as
``content/world/vocabulary.toml``.
"""

from __future__ import annotations


def people(surnames: int = 100) -> str:
    """Return the TOML of the most frequent surnames, their weights, and all given names."""
    from faker.providers.person.zh_CN import Provider

    weights = dict(list(Provider.last_names.items())[:surnames])
    given = list(Provider.first_names)
    return "\n".join(
        [
            "[people]",
            f'surnames = "{" ".join(weights)}"',
            f"weights = {list(weights.values())}",
            f'given = "{" ".join(given)}"',
            "",
        ]
    )
