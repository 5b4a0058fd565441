"""`reelhouse land`: files come into landing under their dataset, whole and once."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.error import HTTPError

import pytest

from reelhouse.cli.main import run
from reelhouse.contract.registry import load_all
from reelhouse.errors import WrongUse
from reelhouse.landing.buckets import CannotCreate, _google_token, ensure_bucket
from reelhouse.landing.file_dataset import NoDataset, dataset_for
from reelhouse.landing.upload import CHECKSUM, Item, Landed, Upload
from reelhouse.storage import BucketStore, Entry, open_store
from tests.cli.conftest import EVENTS, REELHOUSE, USERS, VIDEOS
from tests.servers.bucket import Bucket, Faults

MB = 1_000_000
ODD_NAMES = [
    "events a b.jsonl",
    "events100%.jsonl",
    "events%2e%2e%2fx.jsonl",
    "events..jsonl",
    'events it\'s "x".jsonl',
    "events-é-日本-🎬.jsonl",
    "events k=v #1?&+;.jsonl",
    "events\\..\\x.jsonl",
    "events~*[]{}|^`$(x).jsonl",
    "events" + "x" * 200 + ".jsonl",
]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty working folder, and no settings from elsewhere."""
    for name in [*os.environ]:
        if name.startswith("REELHOUSE_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def land(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any, str]]:
    """Land files: the exit status, the JSON document, and what is on stderr."""

    def call(*arguments: object) -> tuple[int, Any, str]:
        capsys.readouterr()
        code = run(["land", *map(str, arguments), "--json"])
        captured = capsys.readouterr()
        return code, json.loads(captured.out), captured.err

    return call


Land = Callable[..., tuple[int, Any, str]]


@pytest.fixture(params=["local", "s3", "gs"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A landing: a folder, and one in a bucket on each store."""
    if request.param == "local":
        return str(tmp_path / "landing")
    servers = request.getfixturevalue("servers")
    monkeypatch = request.getfixturevalue("monkeypatch")
    made: Bucket = servers(request.param).bucket()
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return f"{made.uri}/some/landing"


@pytest.fixture
def faults(place: str, request: pytest.FixtureRequest) -> Faults | None:
    """What can be made to go wrong with the landing, if it is in a bucket."""
    kind, in_bucket, rest = place.partition("://")
    if not in_bucket:
        return None
    return Faults(request.getfixturevalue("servers")(kind), rest.partition("/")[0])


def put(path: str, text: str = EVENTS) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def landed(place: str) -> dict[str, bytes]:
    store = open_store(place)
    return {entry.path: store.read(entry.path) for entry in store.list()}


def outcomes(document: Any) -> list[tuple[str, str, str]]:
    return sorted((each["file"], each["dataset"], each["outcome"]) for each in document["files"])


# --- which dataset


@pytest.mark.parametrize(
    ("path", "text", "dataset"),
    [
        ("events/a.jsonl", EVENTS, "events"),
        ("events/2026/11/a.jsonl", EVENTS, "events"),
        ("events-0001.jsonl", EVENTS, "events"),
        ("videos.csv", VIDEOS, "videos"),
        ("users_2.csv", USERS, "users"),
        ("USERS2.CSV", USERS, "users"),
        ("users/videos.csv", VIDEOS, "videos"),  # the folder's name means something else
        ("export.txt", USERS, "users"),
        ("1.json", EVENTS, "events"),
        ("usersettings.csv", VIDEOS, "videos"),
        ("events.jsonl", "", "events"),
        ("videos.csv", "\ufeff\r\n" + VIDEOS.replace("\n", "\r\n"), "videos"),
        ("events.jsonl", '{"broken\n' + EVENTS, "events"),
    ],
)
def test_a_file_is_told_by_folder_name_and_content(path: str, text: str, dataset: str) -> None:
    assert dataset_for(put(path, text), load_all()) == dataset
    packed = Path(path + ".gz")
    packed.write_bytes(gzip.compress(text.encode()))
    assert dataset_for(packed, load_all()) == dataset


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("a.txt", "hello\n", r"fits none of the contracts \(events, users, videos\); .* DATASET"),
        ("a.txt", "", "it is empty, and neither its folder nor its name is a dataset"),
        ("events.csv", USERS, "its place or its name says events, but none of its .* JSON .*user_"),
        (
            "users.csv",
            VIDEOS,
            "says users, but the header lacks fname .* fits videos; .*ataset users",
        ),
        ("users.csv", "id;fname\n", "says users, but the first line is no header"),
        ("users.csv", "\0" * 100, "says users, but the first line is no header"),
    ],
)
def test_a_file_whose_dataset_is_not_clear_is_told(path: str, text: str, message: str) -> None:
    with pytest.raises(NoDataset, match=f"^{path}: .*{message}"):
        dataset_for(put(path, text), load_all())


def test_what_fits_two_contracts_or_is_broken_is_not_guessed(land: Land) -> None:
    shipped = Path(load_all()["users"].path).read_text()
    put("mine/people.odcs.yaml", shipped.replace("users", "people"))
    put("a.csv", USERS)
    Path("b.csv.gz").write_bytes(gzip.compress(USERS.encode())[:20])
    code, document, said = land("a.csv", "b.csv.gz", "--contracts", "mine")
    assert code == 1
    assert "a.csv: it fits the contracts of users and people; to land it all the same" in said
    assert "b.csv.gz: the gzip data is" in said
    assert [each["outcome"] for each in document["files"]] == ["failed", "failed"]
    assert land("a.csv", "b.csv.gz", "--contracts", "mine", "--dataset", "people")[0] == 0
    assert sorted(landed("data/landing")) == ["people/a.csv", "people/b.csv.gz"]


def test_a_first_line_of_megabytes_is_understood() -> None:
    events = ",".join([EVENTS.splitlines()[0]] * 30_000)
    assert dataset_for(put("x", f'{{"events":[{events}]}}\n'), load_all()) == "events"


# --- into landing


def test_files_are_landed_once_and_replaced_only_on_demand(place: str, land: Land) -> None:
    put("in/events/a.jsonl")
    put("in/users.csv", USERS)
    Path("in/videos_1.csv.gz").write_bytes(packed := gzip.compress(VIDEOS.encode()))
    code, document, _ = land("in/users.csv", "in", "--to", place)
    assert code == 0
    assert document["files"][-1] == {
        "file": "in/videos_1.csv.gz",
        "dataset": "videos",
        "contract_version": "1.0.0",
        "uri": f"{place}/videos/videos_1.csv.gz",
        "bytes": len(packed),
        "outcome": "sent",
        "error": None,
    }
    assert landed(place) == {
        "events/a.jsonl": EVENTS.encode(),
        "users/users.csv": USERS.encode(),
        "videos/videos_1.csv.gz": packed,
    }
    before = list(open_store(place).list())
    assert {each[2] for each in outcomes(land("in", "--to", place)[1])} == {"there already"}
    assert list(open_store(place).list()) == before

    put("in/users.csv", USERS.replace("Ann", "Eva"))  # of the same size
    put("in/events/a.jsonl", EVENTS * 2)
    code, document, said = land("in", "--to", place)
    assert code == 1
    assert f"in/users.csv: {place}/users/users.csv is there already, with other content" in said
    assert "overwrite what is there: --replace" in said
    assert [each[2] for each in outcomes(document)] == ["failed", "failed", "there already"]
    assert list(open_store(place).list()) == before
    code, document, _ = land("in", "--to", place, "--replace")
    assert (code, [each[2] for each in outcomes(document)]) == (
        0,
        ["replaced", "replaced", "there already"],
    )
    assert landed(place)["users/users.csv"] == USERS.replace("Ann", "Eva").encode()
    assert landed(place)["events/a.jsonl"] == EVENTS.encode() * 2


def test_a_file_that_fails_leaves_the_others_alone(place: str, land: Land) -> None:
    put("events/a.jsonl")
    put("b/a.jsonl", EVENTS * 2)
    put("events.txt", "nothing of ours\n")
    os.mkfifo("pipe")
    code, document, said = land(
        *("missing.csv", "events", "b/a.jsonl", "events/a.jsonl", "events.txt", "pipe"),
        *("--to", place),
    )
    assert code == 1
    assert landed(place) == {"events/a.jsonl": EVENTS.encode()}
    assert "missing.csv: no such file" in said
    assert "b/a.jsonl: events/a.jsonl would have the same name in landing, events/a.jsonl" in said
    assert "events.txt: its place or its name says events" in said
    assert "pipe: it is no file" in said
    assert len(said.splitlines()) == 4
    assert [each["outcome"] for each in document["files"]].count("sent") == 1


def test_odd_names_stay_in_their_folder_as_they_are(place: str, land: Land) -> None:
    for name in ODD_NAMES:
        put(f"in/{name}")
    code, document, said = land("in", "--to", place)
    assert (code, said) == (0, "")
    assert sorted(landed(place)) == sorted(f"events/{name}" for name in ODD_NAMES)
    assert all(each["uri"].startswith(f"{place}/events/") for each in document["files"])
    assert {each[2] for each in outcomes(land("in", "--to", place)[1])} == {"there already"}


def test_names_that_would_never_be_taken_are_refused_or_passed_over(land: Land) -> None:
    hidden = ["_events.jsonl", ".events.jsonl", "events.jsonl.tmp", "events.part"]
    for name in [*hidden, "events.jsonl", ".git/events.jsonl", "_x/events.jsonl"]:
        put(f"in/{name}")
    code, document, _ = land("in")
    assert (code, outcomes(document)) == (0, [("in/events.jsonl", "events", "sent")])
    for name in hidden:
        code, _, said = land(f"in/{name}")
        assert code == 1
        assert "is never taken from landing; rename it" in said
    for name in ("events\n.jsonl", "events\x7f.jsonl", os.fsdecode(b"events\xe9.jsonl")):
        put(f"odd/{name}")
        code, _, said = land(f"odd/{name}", "--dataset", "events")
        assert code == 1
        assert said.endswith("rename it\n")
        assert len(said.splitlines()) == 1
    assert list(landed("data/landing")) == ["events/events.jsonl"]


def test_links_are_followed_and_a_landing_may_land_in_itself(land: Land) -> None:
    put("real/x.txt")
    os.symlink("real/x.txt", "events.jsonl")
    os.symlink("nowhere", "users.csv")
    code, document, said = land("events.jsonl", "users.csv", "data")
    assert code == 1
    assert "users.csv: no such file" in said
    assert not Path("data/landing/events/events.jsonl").is_symlink()
    code, document, _ = land("data")
    assert code == 0
    assert {each[2] for each in outcomes(document)} == {"there already"}
    assert land("data/landing/events/events.jsonl", "--replace")[1]["files"][0]["outcome"] == (
        "there already"
    )


def test_what_people_see_names_contract_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    put("events.jsonl")
    assert run(["land", "events.jsonl", "--to", "bay"]) == 0
    shown = capsys.readouterr().out
    assert "events   1.0.0     0.0  sent  events/events.jsonl" in shown
    assert shown.endswith("Take them into the lake: reelhouse ingest --landing bay\n")
    for number in range(50):
        put(f"many/events{number}.jsonl")
    assert run(["land", "many"]) == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == 5
    assert "events   1.0.0        50  0.0  sent" in shown


# --- large, slow and interrupted


def big(path: str, size: int) -> Path:
    """A file of lines that compress to nothing on disk: only its beginning is written."""
    file = put(path)
    os.truncate(file, size)
    return file


@pytest.mark.parametrize("place", ["s3", "gs"], indirect=True)
def test_a_large_file_is_sent_in_parts_and_needs_little_memory(place: str) -> None:
    put("small.jsonl")
    peaks = [peak(place, "small.jsonl"), peak(place, str(big("big.jsonl", 100 * MB)))]
    assert open_store(place).head("events/big.jsonl").size == 100 * MB  # type: ignore[union-attr]
    assert peaks[1] - peaks[0] < 80 * MB


def peak(place: str, file: str) -> int:
    """The most memory, in bytes, that a process needs to land a file."""
    command = [REELHOUSE, "land", file, "--to", place, "--dataset", "events"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0
    return usage.ru_maxrss * 1024


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_upload_leaves_nothing_under_its_name(
    place: str, faults: Faults | None, land: Land, sent: signal.Signals
) -> None:
    # nothing is on disk but the beginning, until it is copied
    file = big("events.jsonl", 60 * MB if faults else 1_500 * MB)
    if faults:
        faults.delay(0.5, only="PUT|POST")
    command = [REELHOUSE, "land", str(file), "--to", place]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        while not (faults.happened() > 2 if faults else [*Path(place).glob("events/.*.tmp")]):
            assert running.poll() is None
            time.sleep(0.01)
        running.send_signal(sent)
        _, said = running.communicate(timeout=60)
    assert running.returncode == (130 if sent is signal.SIGINT else -9)
    assert ("Traceback" in said, "interrupted" in said) == (False, sent is signal.SIGINT)
    assert visible(place) == []
    if sent is signal.SIGINT and not faults:
        assert list(Path(place).glob("events/.*")) == []
    if faults:
        faults.clear()
    os.truncate(file, 9 * MB)
    assert land(file, "--to", place)[1]["files"][0]["outcome"] == "sent"
    assert [entry.size for entry in visible(place)] == [9 * MB]


def visible(place: str) -> list[Entry]:
    return [each for each in open_store(place).list() if "/." not in each.path]


@pytest.mark.parametrize("grown", [False, True])
def test_a_file_that_changes_while_it_is_sent_is_not_landed(place: str, grown: bool) -> None:
    file = big("events.jsonl", 20 * MB)
    os.utime(file, (1, 1))

    def change(_: int) -> None:
        with file.open("ab" if grown else "r+b") as opened:
            opened.write(b"{}\n")

    (done,) = Upload(place, False, change).run([Item(file, "events", 20 * MB)])
    assert done.outcome == "failed"
    assert done.error == "events.jsonl changed while it was sent; land it again when it is done"
    assert landed(place) == {}


def test_two_that_land_at_once_do_not_overwrite_each_other(place: str) -> None:
    found: list[Landed] = []
    for name in "ab":
        put(f"{name}/events.jsonl", EVENTS.replace("viewed", f"view{name}d"))

    def send(name: str) -> None:
        item = Item(Path(name, "events.jsonl"), "events", len(EVENTS))
        found.extend(Upload(place, False, lambda _: cast(None, barrier.wait(10))).run([item]))

    barrier = threading.Barrier(2)  # both have looked, and have read their file
    threads = [threading.Thread(target=send, args=name) for name in "ab"]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.outcome for each in found) == ["failed", "sent"]
    winner = next(each.file for each in found if each.outcome == "sent")
    assert landed(place) == {"events/events.jsonl": winner.read_bytes()}


# --- buckets


def test_a_missing_bucket_is_made(bucket: Bucket, land: Land) -> None:
    put("events.jsonl")
    place = f"{bucket.uri}-new/landing"
    code, document, said = land("events.jsonl", "--to", place)
    assert (code, said, document["bucket_made"], document["landing"]) == (0, "", True, place)
    assert landed(place) == {"events/events.jsonl": EVENTS.encode()}
    code, document, _ = land("events.jsonl", "--to", place)
    assert (code, document["bucket_made"]) == (0, False)


@pytest.mark.parametrize("bucket", ["s3"], indirect=True)
def test_a_bucket_of_s3_is_made_in_the_region_of_the_environment(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WrongUse, match="--location is eu-west-1, and AWS_REGION is us-east-1"):
        ensure_bucket(f"{bucket.uri}-eu/x", "eu-west-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert ensure_bucket(f"{bucket.uri}-eu/x", "eu-west-1") == "eu-west-1"
    assert b"eu-west-1" in bucket.server.request("GET", f"/{bucket.name}-eu?location")


class Google(BaseHTTPRequestHandler):
    """A stand-in for GCS that has no bucket, and writes down what it is asked to make."""

    asked: ClassVar[list[tuple[str, Any]]] = []

    def do_GET(self) -> None:
        self.send_error(404)

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, json.loads(text)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"location": "EUROPE-WEST1"}).encode())

    def log_message(self, *_: Any) -> None:
        pass


def test_a_bucket_of_gcs_is_made_where_it_is_wanted_and_never_public(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Google) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"127.0.0.1:{server.server_port}")
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "a-project")
        assert ensure_bucket("gs://new/landing", "europe-west1") == "EUROPE-WEST1"
        server.shutdown()
    assert Google.asked == [
        (
            "/storage/v1/b?project=a-project",
            {
                "name": "new",
                "location": "europe-west1",
                "iamConfiguration": {
                    "uniformBucketLevelAccess": {"enabled": True},
                    "publicAccessPrevention": "enforced",
                },
            },
        )
    ]


def test_a_bucket_that_can_not_be_made_is_told_with_the_mend(bucket: Bucket, land: Land) -> None:
    put("events.jsonl")
    name = "No_Such.Name-" if bucket.kind == "gs" else f"{bucket.name}-not-ours"
    if bucket.kind == "s3":
        Faults(bucket.server, name).answer(403, only="PUT")
    code, document, said = land("events.jsonl", "--to", f"{bucket.kind}://{name}/x")
    assert (code, document["files"]) == (1, [])
    mend = "gcloud storage buckets create" if bucket.kind == "gs" else "aws s3 mb"
    assert f"the bucket {bucket.kind}://{name} is not there, and was not made: 4" in said
    assert f"try: {mend} {bucket.kind}://{name}" in said
    assert len(said.splitlines()) == 1


def test_a_missing_bucket_is_made_though_the_store_is_away_for_a_moment(
    servers: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = servers("s3")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    for number, fault in enumerate(("before", "after")):
        name = f"{server.bucket().name}-{number}"
        Faults(server, name).cut(when=fault, only="PUT", times=1)
        assert ensure_bucket(f"s3://{name}") == "us-east-1"
        assert ensure_bucket(f"s3://{name}") is None


def test_without_googles_library_the_mend_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with pytest.raises(CannotCreate, match=r"make it: THE COMMAND .*pip install 'reelhouse\[gcp"):
        _google_token("bucket", "THE COMMAND")


def test_no_bucket_is_no_landing(land: Land) -> None:
    put("events.jsonl")
    code, _, said = land("events.jsonl", "--to", "s3://")
    assert code == 2
    assert said == "reelhouse: s3:// names no bucket: say s3://BUCKET\n"


def test_what_others_have_put_is_compared_too(bucket: Bucket, land: Land) -> None:
    put("events.jsonl")
    put("users.csv", USERS)
    bucket.put("landing/events/events.jsonl", EVENTS.encode())
    bucket.put("landing/users/users.csv", USERS.replace("Ann", "Eva").encode())
    code, document, said = land("events.jsonl", "users.csv", "--to", f"{bucket.uri}/landing")
    assert code == 1
    assert outcomes(document) == [
        ("events.jsonl", "events", "there already"),
        ("users.csv", "users", "failed"),
    ]
    assert "with other content" in said


def test_the_checksum_lies_with_the_object(bucket: Bucket, land: Land) -> None:
    import hashlib

    import obstore

    put("events.jsonl")
    file = big("large.jsonl", 10 * MB)
    assert land("events.jsonl", file, "--to", bucket.uri)[0] == 0
    store = open_store(bucket.uri)
    assert isinstance(store, BucketStore)
    for name in ("events.jsonl", "large.jsonl"):
        found = obstore.get(store.objects, f"events/{name}", options={"head": True})
        attributes: dict[Any, Any] = dict(found.attributes)
        assert attributes[CHECKSUM] == hashlib.sha256(Path(name).read_bytes()).hexdigest()
    before = bucket.faults.requests()
    assert land(file, "--to", bucket.uri)[1]["files"][0]["outcome"] == "there already"
    assert bucket.faults.requests() - before < 6


@pytest.mark.parametrize("seed", [1, 2])
def test_files_are_landed_whole_while_the_store_fails(
    bucket: Bucket, land: Land, seed: int
) -> None:
    for number in range(30):
        put(f"in/events{number}.jsonl", EVENTS * (number + 1))
    big("in/events-large.jsonl", 30 * MB)
    bucket.faults.answer_503(0.1, seed=seed)
    bucket.faults.answer_503(0.05, carried_out=True, seed=seed + 10)
    bucket.faults.cut(0.05, when="before", seed=seed + 20)
    bucket.faults.cut(0.05, when="after", seed=seed + 30)
    code, document, said = land("in", "--to", bucket.uri)
    assert bucket.faults.happened() > 5
    bucket.faults.clear()
    assert (said, code) == ("", 0)
    assert {each["outcome"] for each in document["files"]} == {"sent"}
    files = {f"events/{each.name}": each.read_bytes() for each in Path("in").iterdir()}
    assert landed(bucket.uri) == files


def test_a_store_that_denies_access_is_told(bucket: Bucket, land: Land) -> None:
    put("events.jsonl")
    bucket.faults.answer(403)
    code, document, said = land("events.jsonl", "--to", bucket.uri)
    assert (code, document["files"]) == (1, [])
    assert said.startswith(f"reelhouse: {bucket.uri}/: the store denies access: ")
    assert "403" in said
    assert len(said.splitlines()) == 1
    with pytest.raises(HTTPError):
        bucket.server.request("GET", f"/{bucket.name}?list-type=2")


def test_a_file_that_is_no_json_at_all_may_be_csv(land: Land) -> None:
    """A name in Latin-1 and a control character: to the contract of events, that is binary data."""
    Path("users.csv").write_bytes(USERS.encode() + b"2,Ren\xe9\x01,B,a@example.com,CH,true,music\n")
    assert land("users.csv")[0] == 0
    assert sorted(landed("data/landing")) == ["users/users.csv"]


def test_what_is_of_no_contract_at_all_is_told_for_what_it_is(land: Land) -> None:
    Path("users.csv").write_bytes(b"PK\3\4\n" + USERS.encode())
    code, _, said = land("users.csv")
    assert code == 1
    assert "users.csv: the source is a zip archive (or a workbook): unpack it" in said
