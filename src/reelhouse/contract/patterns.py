def check(pattern: str) -> str | None:
    return None


def portable(pattern: str, engine: str) -> str:
    if pattern.startswith("^"):
        pattern = r"\A" + pattern[1:]
    if pattern.endswith("$"):
        pattern = pattern[:-1] + (r"\Z" if engine == "python" else r"\z")
    return pattern
