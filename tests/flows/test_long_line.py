"""A line of 100 MB is an invalid record like any other, kept whole, in bounded memory."""

import json
import os

from tests.flows.world import World, check_ledger, lines, rows, videos_in

LENGTH = 100_000_000
MOST_MEGABYTES = 1500


def test_a_line_of_100_mb_is_quarantined_and_the_others_go_on(world: World) -> None:
    long = f'{{"user_id": 1, "video_id": 2, "comment": "{"x" * LENGTH}"}}'
    world.land("events/long.jsonl", lines(1) + long + "\n" + lines(3))
    world.land("events/other.jsonl", lines(4))
    header = "id,fname,lname,email,country,subscription,categories"
    user = "1,A,B,a@example.com,CH,true,music"
    world.land("users/header.csv", f"{header}{'c' * LENGTH}\n{user}\n")
    process = world.start("ingest", "--json")
    assert process.stdout
    assert process.stderr
    document, errors = json.loads(process.stdout.read()), process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    assert (status, errors) == (0, "")
    counted = [(batch["records"], batch["quarantined"]) for batch in document["batches"]]
    assert counted == [(4, 1), (1, 1)]
    assert videos_in(world) == [1, 3, 4]
    check_ledger(world.lake)
    (row,) = map(json.loads, rows(world.lake, "_quarantine/events"))
    assert row["raw"] == long
    assert [each["rule"] for each in row["violations"]] == ["lineLength"]
    assert used.ru_maxrss / 1024 < MOST_MEGABYTES
