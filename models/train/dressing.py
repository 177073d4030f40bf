"""What stands around the text of a page: navigation, notices, headings, tables.

Lines look as package htmlprune gives them to the model: a heading or a list
item without its mark, a table row with " | " between cells.
"""

from __future__ import annotations

import random

MENU = (
    "Home", "About", "About us", "Contact", "Contact us", "News", "Latest news", "Blog", "Products", "Services",
    "Support", "Help", "FAQ", "Search", "Log in", "Sign in", "Sign up", "Register", "My account", "Cart",
    "Careers", "Press", "Privacy policy", "Terms of use", "Terms and conditions", "Cookie settings", "Sitemap",
    "Accessibility", "Subscribe", "Newsletter", "Store", "Shop", "Forum", "Community", "Events", "Calendar",
    "Gallery", "Video", "Podcasts", "Archive", "Categories", "Tags", "World", "Business", "Technology", "Science",
    "Health", "Sports", "Entertainment", "Travel", "Opinion", "Education", "Main page", "Random article", "Edit",
    "View history", "Talk", "Tools", "What links here", "Printable version", "Languages", "Back to top", "Next",
    "Previous", "Read more", "Show more", "See all", "Menu", "Skip to content", "Toggle navigation",
)  # fmt: skip
NOTICES = (
    "We use cookies to improve your experience on our site.",
    "By continuing to browse, you agree to our use of cookies.",
    "This website uses cookies to ensure you get the best experience.",
    "Accept all cookies", "Reject all", "Manage preferences",
    "Share this article on Facebook", "Share on Twitter", "Share via email", "Tweet", "Pin it", "Copy link",
    "Follow us on social media", "Like us on Facebook", "Print this page",
    "Sign up for our newsletter to get the latest stories in your inbox.",
    "Enter your email address", "Subscribe now for full access.", "Create a free account to continue reading.",
    "Already a subscriber? Sign in", "Advertisement", "Sponsored content", "Story continues below advertisement",
    "All rights reserved.", "Terms of service apply.", "Please enable JavaScript to view this page.",
    "Your browser is not supported.", "Leave a comment", "Your email address will not be published.",
    "Comments are closed.", "Was this page helpful?", "Report an error", "Related articles", "You may also like",
    "Recommended for you", "Most popular", "Trending now", "More from this author", "Sources and references",
    "External links", "See also", "Further reading", "References", "Table of contents", "Contents", "Jump to",
    "This page was last edited a year ago.", "Text is available under a free licence; additional terms may apply.",
)  # fmt: skip
SECTIONS = (
    "Overview", "Introduction", "Background", "History", "Summary", "Details", "Description", "Early life",
    "Career", "Legacy", "Methods", "Results", "Discussion", "Conclusion", "Key facts", "Geography", "Economy",
    "Culture", "Symptoms", "Causes", "Treatment", "Diagnosis", "Prevention", "Features", "Plot", "Reception",
    "Notes", "Frequently asked questions",
)  # fmt: skip
COLUMNS = (
    "Name", "Year", "Date", "Type", "Country", "City", "Value", "Total", "Rank", "Score", "Price", "Status",
    "Size", "Number", "Team", "Author", "Title", "Location", "Population", "Notes", "Rate", "Change",
)  # fmt: skip
MONTHS = "January February March April May June July August September October November December".split()


def above(title: str, rng: random.Random) -> list[str]:
    """Lines before the text: menu, notices, the title."""
    lines = _menu(rng) if rng.random() < 0.7 else []
    if rng.random() < 0.4:
        lines.append(rng.choice(NOTICES))
    if title and rng.random() < 0.6:
        lines.append(title)
    if rng.random() < 0.3:
        lines.append(_byline(rng))
    return lines


def below(rng: random.Random) -> list[str]:
    """Lines after the text: notices, a table, menu."""
    lines = rng.sample(NOTICES, rng.randint(1, 4))
    if rng.random() < 0.4:
        lines += table(rng)
    return lines + (_menu(rng) if rng.random() < 0.5 else [])


def heading(title: str, rng: random.Random) -> str:
    section = rng.choice(SECTIONS)
    return f"{title}: {section}" if title and rng.random() < 0.3 else section


def table(rng: random.Random) -> list[str]:
    """A header and two to five rows without meaning."""
    width = rng.randint(2, 5)
    columns = rng.sample(COLUMNS, width)
    rows = [" | ".join(_cell(rng) for _ in range(width)) for _ in range(rng.randint(2, 5))]
    return [" | ".join(columns), *rows]


def row(label: str, sentence: str) -> str:
    """A sentence as the second cell of a row."""
    return f"{label} | {sentence}"


def _menu(rng: random.Random) -> list[str]:
    items = rng.sample(MENU, rng.randint(2, 9))
    return [" | ".join(items)] if rng.random() < 0.2 else items


def _byline(rng: random.Random) -> str:
    day = f"{rng.choice(MONTHS)} {rng.randint(1, 28)}, {rng.randint(1995, 2025)}"
    return rng.choice((f"Published {day}", f"Last updated: {day}", day, f"{rng.randint(2, 15)} min read"))


def _cell(rng: random.Random) -> str:
    number = rng.randint(0, 10 ** rng.randint(1, 6))
    return rng.choice((str(number), f"{number:,}", f"{rng.random() * 100:.1f}%", rng.choice(MENU), str(rng.randint(1900, 2025)), "-"))
