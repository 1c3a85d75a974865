#!/usr/bin/env python3
"""Measures what a storm of wrong passwords does to answers that are being written: the first token of 64 paced streams without a storm, and
beside 8 clients that try passwords as fast as they are answered, in turns. Prints a table and the ratio of the medians; the goal is at most
1.5 for the p50 of the first token.

Two storms. From *one address* the limits on guessing soon answer in place of the comparison. From *everywhere* (a network of its own for every
few attempts, a new name for each) no limit helps and every attempt is hashed: the worst that 8 clients can do. Both are of names that nobody
has; those cost the same as others (see logins.py).

Needs `mockllm` and `chatload` of the load kit in the folder that BENCH_KIT names. The server runs on CPU 1, everything else on CPU 0, on
loopback. Quote ratios of one run, not milliseconds of another machine.
"""
import argparse, collections, http.client, json, os, pathlib, statistics, subprocess, sys, tempfile, threading, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
KIT = pathlib.Path(os.environ.get("BENCH_KIT", ""))
MODEL, OURS = 19001, 19082
PASSWORD, WRONG = "amber lantern orchard 42", "amber lantern orchard 43"
# Evenly spaced arrivals, 60 a second, 32 tokens at 30 a second: about 64 streams open at a time.
PACED = ["-c", "160", "--rate", "60", "--warmup", "1", "--timeout", "30"]
# Attempts from one network: fewer than any limit.
EACH = 20
KINDS = ["without", "one address", "everywhere"]


def call(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read()


def start(cpus, command, health, environment={}):
    process = subprocess.Popen(["taskset", "-c", cpus, *map(str, command)], env={**os.environ, **environment},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    began = time.monotonic()
    while time.monotonic() - began < 20:
        try:
            call(health)
            return process
        except OSError:
            if process.poll() is not None:
                sys.exit(f"{command[0]} ended with {process.returncode}")
            time.sleep(0.01)
    sys.exit(f"{command[0]} does not answer at {health}")


class Storm:
    """Clients that each send one wrong password after the other until they are told to stop."""

    networks = 0  # Never the same one twice, also in later rounds.

    def __init__(self, kind, clients):
        self.over = threading.Event()
        self.statuses, self.taken, self.lock = collections.Counter(), [], threading.Lock()
        self.kind = kind
        self.threads = [threading.Thread(target=self.client, args=(number,), daemon=True) for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def address(self):
        if self.kind == "one address":
            return "127.9.9.9"
        with self.lock:
            Storm.networks += 1
            return f"127.{16 + Storm.networks // 250}.{Storm.networks % 250}.1"

    def client(self, number):
        attempts, connection = 0, None
        while not self.over.is_set():
            if connection is None or (attempts % EACH == 0 and self.kind == "everywhere"):
                connection = http.client.HTTPConnection("127.0.0.1", OURS, timeout=30, source_address=(self.address(), 0))
            attempts += 1
            body = json.dumps({"username": f"nobody-{number}-{attempts}-{id(self) % 9973}", "password": WRONG})
            began = time.perf_counter()
            try:
                connection.request("POST", "/auth/login", body, {"content-type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except OSError as error:
                status, connection = type(error).__name__, None
            with self.lock:
                self.statuses[status] += 1
                self.taken.append((time.perf_counter() - began) * 1000)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(30)
        return self.statuses, statistics.median(self.taken)


def drive(token, server, model, seconds):
    command = ["taskset", "-c", "0", KIT / "chatload", "sse", "--url", f"http://127.0.0.1:{OURS}/chat", "--pid", server.pid, "--aux", model.pid,
               "--aux", os.getpid(), "--json", *PACED, "--duration", seconds, "--bearer", token, "--body", '{"message":"What is the weather like? {{i}}"}',
               "--header", "Accept: text/event-stream", "--done", '"message.finished"']
    return json.loads(subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3, help="of each kind, interleaved")
    arguments.add_argument("--seconds", type=int, default=30, help="of each storm")
    arguments.add_argument("--clients", type=int, default=8)
    arguments.add_argument("--kinds", default=",".join(KINDS), help="which of %(default)s")
    arguments.add_argument("--server-cpus", default="1", help="where the server runs, as taskset writes it")
    arguments.add_argument("--jarvis", default=ROOT / "target/release/jarvis")
    arguments.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting, such as PASSWORD_HASH=bcrypt")
    options = arguments.parse_args()
    kinds = options.kinds.split(",")
    if not (KIT / "chatload").exists() or not set(kinds) <= set(KINDS) or "without" not in kinds:
        sys.exit("set BENCH_KIT to the folder with mockllm and chatload; --kinds needs `without` and one more")
    os.sched_setaffinity(0, {0})
    data, running = tempfile.TemporaryDirectory(), []
    environment = {"BIND": f"127.0.0.1:{OURS}", "DATA_DIR": data.name, "OLLAMA_BASE_URL": f"http://127.0.0.1:{MODEL}", "LOG_LEVEL": "error",
                   "REQUIRE_2FA": "none", "RATE_LIMIT_ENABLED": "false", **dict(pair.split("=", 1) for pair in options.set)}
    add = [options.jarvis, "user", "add", "--username", "bench", "--email", "bench@example.org", "--password-stdin"]
    subprocess.run(add, input=PASSWORD, text=True, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        model = start("0", [KIT / "mockllm", "--port", MODEL], f"http://127.0.0.1:{MODEL}/api/version")
        running.append(model)
        server = start(options.server_cpus, [options.jarvis, "serve"], f"http://127.0.0.1:{OURS}/health/live", environment)
        running.append(server)
        call(f"http://127.0.0.1:{MODEL}/__config", {"tokens": 32, "tps": 30, "stamp": True})
        token = json.loads(call(f"http://127.0.0.1:{OURS}/auth/login", {"username": "bench", "password": PASSWORD}))["access_token"]
        drive(token, server, model, 2)
        runs = {kind: [] for kind in kinds}
        for round in range(options.rounds):
            # Not always the same one after the same other.
            for kind in kinds[round % len(kinds):] + kinds[:round % len(kinds)]:
                storm = None if kind == "without" else Storm(kind, options.clients)
                time.sleep(1)
                found = drive(token, server, model, options.seconds)
                runs[kind].append((found, *(storm.end() if storm else (collections.Counter(), float("nan")))))
        report(runs, options)
    finally:
        for process in running:
            process.kill()
        data.cleanup()


def report(runs, options):
    middle = lambda values: statistics.median(values)
    print(f"{options.rounds} rounds of {options.seconds} s, {options.clients} clients, server on CPU {options.server_cpus}\n")
    print("| storm | streams ok / errors | first token p50 ms | p99 ms | p50 of each round | attempts a second | answers | attempt p50 ms | other load, cores |")
    print("|---|---|---|---|---|---|---|---|---|")
    p50, faults = {}, []
    for kind, found in runs.items():
        chats = [run[0] for run in found]
        firsts = [chat["first_ms"]["p50"] for chat in chats]
        p50[kind] = middle(firsts)
        statuses = sum((run[1] for run in found), collections.Counter())
        rate = sum(statuses.values()) / (len(found) * (options.seconds + 1))
        answers = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items(), key=str)) or "-"
        cells = [kind, f"{sum(chat['ok'] for chat in chats)} / {sum(chat['errors'] for chat in chats)}", f"{p50[kind]:.2f}",
                 f"{middle([chat['first_ms']['p99'] for chat in chats]):.2f}", " ".join(f"{first:.2f}" for first in firsts),
                 f"{rate:.0f}", answers, f"{middle([run[2] for run in found]):.1f}", f"{middle([chat.get('foreign_cores') or 0 for chat in chats]):.2f}"]
        print("| " + " | ".join(cells).replace("| 0 | - | nan |", "| - | - | - |") + " |")
        kinds = sum((collections.Counter(chat.get("error_kinds") or {}) for chat in chats), collections.Counter())
        faults += [f"errors, {kind}: {count} x {name}" for name, count in kinds.items()]
    print("\n" + "".join(line + "\n" for line in faults))
    for kind in runs:
        if kind != "without":
            print(f"p50 of the first token, {kind} to without: {p50[kind] / p50['without']:.2f}x (goal: at most 1.5x)")


main()
