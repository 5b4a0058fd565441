"""The words of the demonstration data: people, places, titles, tags and comments."""

import json
import random
from itertools import product


def quoted(cell: str) -> str:
    """Return the cell as RFC 4180 writes it: quoted where a comma or a quote is in it."""
    if "," in cell or '"' in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def json_text(value: object) -> str:
    """Return compact JSON in which every character is itself, not an escape."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def tags_member(tags: list[str]) -> str:
    """Return the JSON member `tags`, with the comma before it."""
    return f',"tags":{json_text(tags)}'


def _words(text: str) -> list[str]:
    return text.split()


def _people(plain: str, others: dict[str, str]) -> list[tuple[str, str]]:
    """Return names as CSV cells, each with its form for e-mail addresses."""
    names = {name: name.lower() for name in _words(plain)} | others
    return [(quoted(name), address) for name, address in names.items()]


def _word_lists(count: int, shortest: int, longest: int, seed: int) -> list[list[str]]:
    """Draw `count` lists of categories, the same in every run."""
    pick = random.Random(seed)
    return [pick.sample(CATEGORIES, pick.randint(shortest, longest)) for _ in range(count)]


CATEGORIES = _words(
    "music live comedy sports football basketball gaming speedrun news politics science space "
    "history travel food baking vegan fashion beauty fitness yoga diy woodworking gardening pets "
    "cats dogs cars motorbikes trains film animation books art photography education languages "
    "programming finance kids"
)
FREE_TAGS = ["must see", "été 2026", "4K", "猫", "🔥", 'the "best"', "behind-the-scenes", "ASMR"]
"""Tags that are no category: people write what they like."""

FIRST_NAMES = _people(
    "Ada Ben Chloe David Emma Femi Grace Hugo Ines Jack Kira Liam Mona Nils Olga Priya Quinn Rosa "
    "Sam Tara Uma Victor Wen Xavier Yuki Zane",
    {
        **{"José": "jose", "Zoë": "zoe", "Łukasz": "lukasz", "美咲": "misaki", "Анна": "anna"},
        **{'Robert "Bob"': "bob", "Mary, Ann": "maryann", "Ringo 🥁": "ringo"},
    },
)
LAST_NAMES = _people(
    "Adams Brown Clark Diaz Evans Fischer Garcia Hill Ito Jones Khan Lopez Martin Novak Okafor "
    "Patel Rossi Silva Tanaka Ueda Vega Wang Young Zhou",
    {
        **{"Müller": "mueller", "Nuñez": "nunez", "Þórsson": "thorsson", "Смирнова": "smirnova"},
        **{"O'Neil": "oneil", "King, Jr.": "king", 'Stone "The Rock"': "stone"},
    },
)
MAIL_DOMAINS = ["example.com", "example.org", "mail.example.net", "post.example"]

COUNTRY_WEIGHTS = {
    **{"US": 30, "UK": 14, "CA": 9, "DE": 8, "FR": 7, "IN": 7, "BR": 5, "JP": 4, "ES": 3, "MX": 3},
    **{"AU": 2, "NG": 2, "PL": 2, "SE": 1, "NL": 1, "ZA": 1, "IS": 0.5, "NZ": 0.5},
}
CITIES = [
    *((40.7128, -74.0060), (34.0522, -118.2437), (51.5074, -0.1278), (43.6532, -79.3832)),
    *((52.5200, 13.4050), (48.8566, 2.3522), (19.0760, 72.8777), (-23.5505, -46.6333)),
    *((35.6762, 139.6503), (40.4168, -3.7038), (19.4326, -99.1332), (-33.8688, 151.2093)),
    *((6.5244, 3.3792), (52.2297, 21.0122), (59.3293, 18.0686), (64.1466, -21.9426)),
]
"""Latitude and longitude, in degrees."""

TITLES = [
    quoted(form.format(word))
    for form, word in product(
        (
            *("All about {}", "{} for beginners", "My year of {}", "{} in 100 seconds"),
            *("The truth about {}", "Late night {} 🎬", "{}, explained", 'The "{}" special'),
            *("Ten {} tips, and one more", "Le meilleur de {} à Montréal", "{} 入門", "Why {}?"),
        ),
        CATEGORIES,
    )
]
"""Cells of a CSV."""

CATEGORY_CELLS = [";".join(words) for words in _word_lists(600, 0, 5, seed=1)]
"""Cells of a CSV."""

COMMENTS = [
    f',"comment":{json_text(opening + ending)}'
    for opening, ending in product(
        (
            *("Great video", "I did not expect that", "Très intéressant", "First", "🔥🔥🔥"),
            *("Can you make one on trains", 'He really said "no way"', "Not for me", "素晴らしい"),
            *("The part at 2:31 is gold", "Who is here in 2026", "C:\\temp? Really", "Danke schön"),
        ),
        ("", "!", ".", " :)", "\nThanks for sharing.", ", subscribed", " 😂", " — 10/10"),
    )
]
"""JSON members `comment`, with the comma before them."""

_VIDEO_TAGS = _word_lists(1000, 1, 3, seed=2)
VIDEO_TAGS = [tags_member(tags) for tags in _VIDEO_TAGS]
"""The tags that a video is created with: video n has entry n modulo the length."""

SINGLE_TAGS = [tags_member([tag]) for tag in (*CATEGORIES, *FREE_TAGS)]
"""The tags that are added to a video or removed from it later."""

FIRST_VIDEO_TAG = [CATEGORIES.index(tags[0]) for tags in _VIDEO_TAGS]
"""For each of VIDEO_TAGS, the place of its first tag in SINGLE_TAGS."""
