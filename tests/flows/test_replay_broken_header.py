"""A replay meets a source that was refused for its header, and breaks when it is read again."""

import gzip

from tests.flows.world import World, check_ledger

HEADER = b"id,fname,lname,email,country,subscription,categories," + b"more" * 30
USER = b"1,A,B,a@example.com,CH,true,music,\n"
CUT_OFF = gzip.compress(HEADER, mtime=0)[:-8]


def test_a_replay_goes_past_a_packed_source_that_is_cut_off_in_its_header(world: World) -> None:
    world.land("users/cut.csv.gz", CUT_OFF)
    world.land("users/whole.csv", HEADER + b"\n" + USER)
    refused = world.ingest("users", REELHOUSE_MAX_LINE_BYTES="100")
    assert refused.counts() == {"cut.csv.gz": (1, 0, 1), "whole.csv": (1, 0, 1)}
    for _ in range(2):
        done = world.run("quarantine", "replay", "users", "--json")
        assert (done.status, done.stderr) == (0, "")
        assert (done.document["records"], done.document["still_invalid"]) == (2, 1)
    applied = world.run("quarantine", "replay", "users", "--apply", "--json")
    assert (applied.status, applied.document["valid"]) == (0, 1)
    check_ledger(world.lake, ("users",))


def test_a_replay_says_of_it_what_a_run_would_say(world: World) -> None:
    world.land("users/cut.csv.gz", CUT_OFF)
    world.ingest("users", REELHOUSE_MAX_LINE_BYTES="100")
    replayed = world.run("quarantine", "replay", "users", "--json").document["reasons"]
    anew = world.at(world.folder / "anew")
    assert anew.ingest("users").counts() == {"cut.csv.gz": (1, 0, 1)}
    found = anew.run("quarantine", "list", "users", "--json").document["reasons"]
    assert [(each["field"], each["rule"]) for each in replayed] == [
        (each["field"], each["rule"]) for each in found
    ]
