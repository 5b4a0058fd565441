"""What libraries say of a disk that refuses a file, in a line."""

import pytest

from reelhouse.storage import NotFound, StorageError, refusals_told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("No space left on device (os error 28)", "/lake: no space left on device"),
        ('IO Error: Could not write file "/a b/c": No space left on device', "/a b/c: no space"),
        ('{"message":"Could not write \\"/a\\": Permission denied"}', "/a: permission denied"),
        (
            "…\nreelhouse.storage.base.StorageError: /a: b: permission denied\n …",
            "/a: b: permission",
        ),
        ("Disk quota exceeded", "/lake: disk quota exceeded"),
    ],
)
def test_what_a_library_says_of_a_refusal_is_told_in_a_line(said: str, told: str) -> None:
    with pytest.raises(StorageError, match=f"^{told}"), refusals_told("/lake"):
        raise RuntimeError(said)


def test_other_errors_stay_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError), refusals_told("/lake"):
        raise ZeroDivisionError("the device has no left space")
    with pytest.raises(NotFound), refusals_told("/lake"):
        raise NotFound("permission denied")
