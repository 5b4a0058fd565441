"""The Cloud Function on GCS and the Lambda on S3: what both owe to the events of their bucket."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.triggers.platforms import Event, aged, event_of
from tests.triggers.site import Site, videos

Start = Callable[..., Any]

ODD_NAMES = [
    *("a b.csv", "a+b.csv", "a%20b.csv", "50%.csv", "a&b;c,d.csv", "q\"uo'te`s.csv", "日本é😀.csv"),
    *("a...csv", "a..b/c../d..csv", "country=NL/day=2026-01-01/a=b.csv", "a;DROP TABLE.csv"),
    *("#[x]{y}~|^<z>*?!.csv", "a\\b.csv", "$(x)${y}.csv", "x" * 200 + ".csv"),
]
NOT_OURS = [
    *("landing/videos/.hidden.csv", "landing/videos/_temporary/a.csv", "landing/videos/a.csv.part"),
    *("landing/nosuch/_a.csv", "landing/nosuch/", "elsewhere/videos/a.csv", "landingvideos/a.csv"),
    *("lake/videos/batch=x.1/part-1.parquet", "lake/videos/_delta_log/00000000000000000000.json"),
    *("lake/_ledger/part-1.parquet", "landing/users/not-served.csv", "landing/videos/folder/"),
]


def test_a_file_is_in_the_lake_when_its_event_is_answered(site: Site, start: Start) -> None:
    function = start()
    event = site.land("videos/a.csv", videos(1, 2, 3, broken=2))
    assert function.deliver(event).done
    assert site.video_ids() == [1, 2, 3]
    assert site.quarantined() == 2
    (line,) = function.lines()
    (batch,) = site.batches()
    assert line["severity"] == "INFO"
    assert line["outcome"] == "ingested"
    assert line["uri"] == site.uri("videos/a.csv")
    assert line["dataset"] == "videos"
    assert line["batch_id"] == batch.batch_id
    assert [line[name] for name in ("records", "valid", "quarantined")] == [5, 3, 2]
    assert line["event_id"] in (
        event.get("id"),
        event.get("Records", [{}])[0].get("responseElements", {}).get("x-amz-request-id"),
    )
    assert line["run"]["batch_ids"] == [batch.batch_id]
    assert function.asked() <= {"pandas"}  # PyArrow looks whether there is one


def test_a_file_without_a_record_is_told(site: Site, inside: Start) -> None:
    function = inside()
    assert function.deliver(site.land("videos/header.csv", videos())).done
    (line,) = function.lines()
    assert line["message"] == f"{site.uri('videos/header.csv')} holds no record: only a header"
    assert [line[name] for name in ("severity", "outcome", "records")] == ["INFO", "ingested", 0]
    assert line["why_no_record"] == "only a header"
    assert line["run"]["sources_without_records"] == 1


def test_an_event_that_comes_again_ends_at_once(site: Site, inside: Start) -> None:
    function = inside()
    event = site.land("videos/a.csv", videos(1))
    assert function.deliver(event).done
    site.bucket.faults.answer(403, matching="list.*landing|prefix=landing")  # it lists nothing
    site.bucket.faults.answer(403, only="PUT|POST")  # and writes nothing
    for again in (event, event, aged(event)):
        assert function.deliver(again).done
    assert function.outcomes() == ["ingested", "known", "known", "known"]
    site.bucket.faults.clear()
    assert site.video_ids() == [1]


def test_a_function_that_is_awake_opens_no_table_anew(site: Site, inside: Start) -> None:
    function = inside(REELHOUSE_LEASE_SECONDS="600")  # no heartbeat
    asked = []
    for number in range(13):  # of the tables' logs, some entries are merged into checkpoints
        event = site.land(f"videos/{number}.csv", videos(number))
        before = site.bucket.faults.requests()
        assert function.deliver(event).done
        asked.append(site.bucket.faults.requests() - before)
    assert function.outcomes() == ["ingested"] * len(asked)
    assert sorted(asked)[len(asked) // 2] < 120
    assert site.video_ids() == list(range(len(asked)))


def test_odd_names_are_taken_as_they_are(site: Site, inside: Start) -> None:
    function = inside()
    events = [site.land(f"videos/{name}", videos(n)) for n, name in enumerate(ODD_NAMES)]
    for event in events:
        assert function.deliver(event).done
    assert function.outcomes() == ["ingested"] + ["known"] * (len(ODD_NAMES) - 1)
    assert site.video_ids() == list(range(len(ODD_NAMES)))
    assert site.sources() == {site.uri(f"videos/{name}") for name in ODD_NAMES}


def test_a_name_that_is_no_path_is_told_and_the_others_go_on(site: Site, inside: Start) -> None:
    function = inside()
    for name in ("videos/a//b.csv", "videos/../c.csv", "videos/d.csv"):
        assert function.deliver(site.land(name, videos(1))).done
    assert function.outcomes() == ["failed", "not ours", "ingested"]
    assert site.sources() == {site.uri("videos/d.csv")}


def test_what_is_no_source_is_acknowledged_and_nothing_is_read(site: Site, inside: Start) -> None:
    function = inside(REELHOUSE_DATASETS="videos")
    events = []
    for name in NOT_OURS:
        site.bucket.put(name, videos(1))
        events.append(event_of(site.bucket, name))
    elsewhere = site.land("videos/a.csv", videos(1))
    _rename(elsewhere, f"{site.bucket.name}-other")
    before = site.bucket.faults.requests()
    for event in [*events, elsewhere]:
        assert function.deliver(event).done
    assert function.outcomes() == ["not ours"] * (len(NOT_OURS) + 1)
    assert site.bucket.faults.requests() == before


def test_what_belongs_to_no_dataset_is_a_warning(site: Site, inside: Start) -> None:
    function = inside()
    for name in ("nosuch/a.csv", "video/b/c.csv", "Videos_1.csv"):
        assert function.deliver(site.land(name, videos(1))).done
    told = [(line["severity"], line["outcome"], line["message"]) for line in function.lines()]
    assert told == [
        ("WARNING", "stray", f"{site.uri(name)} is in no dataset's folder{hint}")
        for name, hint in (
            ("nosuch/a.csv", ""),
            ("video/b/c.csv", " (did you mean videos?)"),
            ("Videos_1.csv", " (did you mean videos/?)"),
        )
    ]


def test_a_lake_in_landing_or_around_it_is_no_stray_and_hides_none(
    site: Site, inside: Start
) -> None:
    for lake, outcomes in (
        (site.uri("lake"), ["not ours", "stray"]),
        (site.bucket.uri, ["stray", "stray"]),
    ):
        function = inside(REELHOUSE_LAKE=lake)
        for name in ("lake/videos/batch=x.1/part-1.parquet", "nosuch/a.csv"):
            assert function.deliver(site.land(name, b"x")).done
        assert function.outcomes() == outcomes


def _rename(event: Event, bucket: str) -> None:
    if "data" in event:
        event["data"]["bucket"] = bucket
    else:
        event["Records"][0]["s3"]["bucket"]["name"] = bucket


def test_landing_may_be_a_folder_of_the_lake_s(site: Site, inside: Start) -> None:
    function = inside(REELHOUSE_LAKE=site.bucket.uri)
    assert function.deliver(site.land("videos/a.csv", videos(1))).done
    assert function.outcomes() == ["ingested"]


def test_a_file_that_vanished_is_told(site: Site, inside: Start) -> None:
    function = inside()
    gone = site.land("videos/a.csv", videos(1))
    site.remove("videos/a.csv")
    assert function.deliver(gone).done
    assert function.deliver(site.land("videos/b.csv", videos(2))).done
    assert function.deliver(gone).done
    assert function.outcomes() == ["vanished", "ingested", "vanished"]
    assert site.video_ids() == [2]


def test_events_out_of_order_take_what_is_there_once(site: Site, inside: Start) -> None:
    function = inside()
    first = [site.land(f"videos/{name}.csv", videos(1)) for name in "ab"]
    second = [site.land(f"videos/{name}.csv", videos(2)) for name in "ab"]
    # of one, the older event comes first, and of the other, last
    for event in (first[0], second[0], second[1], first[1], first[0]):
        assert function.deliver(event).done
    assert function.outcomes() == ["replaced", "known", "known", "replaced", "replaced"]
    assert site.video_ids() == [2, 2]
    third = site.land("videos/a.csv", videos(3))
    assert function.deliver(third).done
    assert function.deliver(second[0]).done  # late, and its version was taken
    assert function.outcomes()[5:] == ["ingested", "known"]
    assert site.video_ids() == [2, 2, 3]


def test_an_event_that_comes_late_is_as_good(site: Site, inside: Start) -> None:
    function = inside()
    assert function.deliver(aged(site.land("videos/a.csv", videos(1)))).done
    assert function.outcomes() == ["ingested"]
    assert site.video_ids() == [1]


def test_a_burst_is_coalesced(site: Site, start: Start) -> None:
    function = start()
    with ThreadPoolExecutor(64) as pool:
        names = [f"videos/{number:03}.csv" for number in range(200)]

        def land(number: int) -> Any:
            return function.deliver(site.land(names[number], videos(number)))

        answers = list(pool.map(land, range(200)))
    assert all(each.done for each in answers)
    assert site.video_ids() == list(range(200))
    assert len(site.batches()) <= 20
    outcomes = function.outcomes()
    assert len(outcomes) == 200
    assert set(outcomes) == {"ingested", "known"}


@pytest.mark.parametrize("matching", [None, r"lake/videos.*\.parquet"])
def test_a_store_that_is_away_is_raised_and_all_is_there_after_the_retry(
    site: Site, inside: Start, matching: str | None
) -> None:
    function = inside()
    events = [site.land(f"videos/{number}.csv", videos(number)) for number in range(3)]
    site.bucket.faults.answer_503(matching=matching)
    assert not function.deliver(events[0]).done
    assert not function.deliver(events[1]).done
    assert function.deliver(aged(events[2])).done  # it is too old to be tried for ever
    assert function.outcomes() == ["raised", "raised", "failed"]
    site.bucket.faults.clear()
    for event in events:
        assert function.deliver(event).done
    assert site.video_ids() == [0, 1, 2]
    assert site.batches()


def test_a_file_that_is_denied_is_told_and_the_sweep_takes_it_later(
    site: Site, inside: Start
) -> None:
    function = inside()
    event = site.land("videos/a.csv", videos(1))
    site.bucket.faults.answer(403, matching=r"landing/videos/a\.csv")
    assert function.deliver(event).done
    assert function.deliver(site.land("videos/b.csv", videos(2))).done
    assert function.outcomes() == ["failed", "ingested"]
    failed = function.lines()[0]
    assert failed["severity"] == "ERROR"
    assert "denies access" in failed["message"]
    assert site.video_ids() == [2]
    site.bucket.faults.clear()
    assert function.sweep().done
    assert function.lines()[-3]["outcome"] == "swept"
    assert site.video_ids() == [1, 2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"REELHOUSE_DATASETS": "videos,nosuch"},
        {"REELHOUSE_LEASE_SECONDS": "soon"},
        {"REELHOUSE_CONTRACTS": "/nosuch"},
        {"REELHOUSE_LAKE": "{landing}"},
        {"REELHOUSE_LAKE": "ftp://example.com/lake"},
    ],
)
def test_wrong_settings_are_told_and_cause_no_retry(
    site: Site, start: Start, wrong: dict[str, str]
) -> None:
    told = {name: value.format(landing=site.landing) for name, value in wrong.items()}
    function = start(**told)
    event = site.land("videos/a.csv", videos(1))
    assert function.deliver(event).done
    assert function.sweep().done
    assert [each["severity"] for each in function.lines()] == ["ERROR", "ERROR"]
    assert function.outcomes() == ["failed", "failed"]
    assert "Traceback" not in function.log.read_text()


@pytest.mark.parametrize("step", ["claimed", "manifest", "lake"])
def test_a_sweep_takes_what_a_killed_function_left(
    site: Site, start: Start, inside: Start, step: str
) -> None:
    killed = start(REELHOUSE_DIE_AFTER=step)
    event = site.land("videos/a.csv", videos(1, 2, broken=1))
    assert not killed.deliver(event).done
    killed.kill()
    function = inside()
    site.wait_for_leases()
    assert function.sweep().done
    assert function.deliver(event).done
    assert function.outcomes()[-1] == "known"
    assert site.video_ids() == [1, 2]
    assert site.quarantined() == 1
    assert len(site.batches()) == 1


def test_what_another_function_is_at_is_known(site: Site, start: Start, inside: Start) -> None:
    killed = start(REELHOUSE_DIE_AFTER="claimed", REELHOUSE_LEASE_SECONDS="600")
    event = site.land("videos/a.csv", videos(1))
    assert not killed.deliver(event).done
    killed.kill()
    function = inside()
    assert function.deliver(event).done  # for all that can be known, the other is at work
    assert function.sweep().done
    assert function.outcomes() == ["known", "swept", "swept", "swept"]
    assert site.video_ids() == []


def test_an_event_after_the_lease_takes_what_a_killed_function_left(
    site: Site, start: Start, inside: Start
) -> None:
    killed = start(REELHOUSE_DIE_AFTER="manifest")
    event = site.land("videos/a.csv", videos(1))
    assert not killed.deliver(event).done
    killed.kill()
    site.wait_for_leases()
    function = inside()
    assert function.deliver(event).done
    assert function.outcomes() == ["ingested"]
    assert site.video_ids() == [1]


def test_a_sweep_takes_what_no_event_told_of(site: Site, inside: Start) -> None:
    site.land("videos/a.csv", videos(1))
    site.land("events/a.jsonl", b'{"user_id":1,"video_id":2,"event":"like","timestamp":1767225600}')
    function = inside()
    assert function.sweep().done
    assert function.sweep().done
    lines = {(each["dataset"], each["records"]) for each in function.lines()[:3]}
    assert lines == {("videos", 1), ("events", 1), ("users", 0)}
    assert function.outcomes() == ["swept"] * 6
    assert [each["records"] for each in function.lines()[3:]] == [0, 0, 0]
    assert site.video_ids() == [1]
    assert site.rows("events", "video_id").total() == 1


def test_a_contract_that_is_broken_or_does_not_fit_stops_no_other_dataset(
    site: Site, inside: Start, tmp_path: Path
) -> None:
    user = b"id,fname,lname,email,country,subscription,categories\n1,A,B,a@example.com,CH,1,\n"
    before = inside()
    assert before.deliver(site.land("users/a.csv", user)).done
    before.kill()
    shipped = (files("reelhouse") / "contracts" / "users.odcs.yaml").read_text()
    (tmp_path / "users.odcs.yaml").write_text(shipped.replace("name: lname", "name: Lname"))
    (tmp_path / "events.odcs.yaml").write_text("a: [\n")
    function = inside(REELHOUSE_CONTRACTS=str(tmp_path))
    for name, data in (
        ("events/a.jsonl", b"{}\n"),
        ("users/b.csv", user),
        ("videos/a.csv", videos(1)),
    ):
        assert function.deliver(site.land(name, data)).done
    assert function.sweep().done
    assert function.outcomes() == ["failed", "failed", "ingested", "failed", "failed", "swept"]
    lines = function.lines()
    assert "events.odcs.yaml:2: it is not YAML" in lines[0]["message"]
    assert "has the column lname, and the contract says Lname" in lines[1]["message"]
    assert [each["dataset"] for each in lines[3:]] == ["events", "users", "videos"]
    assert "Traceback" not in function.log.read_text()
    assert site.video_ids() == [1]


def test_a_sweep_does_not_wait_for_each_dataset_of_a_store_that_is_away(
    site: Site, inside: Start
) -> None:
    function = inside()
    site.bucket.faults.answer_503()
    assert not function.sweep().done
    assert function.outcomes() == ["raised"]
