#!/usr/bin/env python3
"""Measures whether the time of a refused sign-in tells who has an account: wrong passwords for known and for unknown names, taken in turns,
against the release binary over HTTP on loopback. Prints medians and their ratio; the goal is at most 1.1 either way.

Each name is tried a few times only, so that the limits on guessing do not answer instead. Quote ratios of one run, not milliseconds of
another machine.
"""
import argparse, http.client, json, os, pathlib, random, statistics, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = 19081
PASSWORD, WRONG = "amber lantern orchard 42", "amber lantern orchard 43"
# Rounds from one network: two attempts each, and fewer than any limit.
FROM_ONE = 10
# Wrong passwords for one name: fewer than any limit. Rounds beyond the accounts there are begin again with the first.
EACH = 2


def settings(options, folder):
    return {**os.environ, "BIND": f"127.0.0.1:{OURS}", "DATA_DIR": folder, "OLLAMA_BASE_URL": "off", "LOG_LEVEL": "warn",
            "RUST_BACKTRACE": "0", **dict(pair.split("=", 1) for pair in options.set)}


def wait(process):
    began = time.monotonic()
    while time.monotonic() - began < 20:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", OURS, timeout=5)
            connection.request("GET", "/health/live")
            if connection.getresponse().status == 200:
                return
        except OSError:
            if process.poll() is not None:
                sys.exit(f"the server ended with {process.returncode}")
            time.sleep(0.01)
    sys.exit("the server does not answer")


def connected(network):
    """A new connection from a network of its own: all of 127/8 is this machine."""
    address = f"127.{16 + network // 250}.{network % 250}.1"
    connection = http.client.HTTPConnection("127.0.0.1", OURS, timeout=30, source_address=(address, 0))
    connection.connect()
    return connection


def attempt(connection, name, password):
    """Milliseconds and status of one sign-in on a connection that is kept."""
    body = json.dumps({"username": name, "password": password})
    began = time.perf_counter()
    connection.request("POST", "/auth/login", body, {"content-type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return (time.perf_counter() - began) * 1000, answer.status


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--logins", type=int, default=200, help="of each kind")
    arguments.add_argument("--jarvis", default=ROOT / "target/release/jarvis")
    arguments.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting, such as PASSWORD_HASH=bcrypt")
    options = arguments.parse_args()
    accounts = -(-options.logins // EACH)
    with tempfile.TemporaryDirectory() as folder:
        environment = settings(options, folder)
        for number in range(accounts):
            add = [options.jarvis, "user", "add", "--username", f"known{number}", "--email", f"known{number}@example.org", "--password-stdin"]
            subprocess.run(add, input=PASSWORD, text=True, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server = subprocess.Popen([options.jarvis, "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait(server)
            measure(options, accounts)
        finally:
            server.kill()
            server.wait()


def measure(options, accounts):
    connection = connected(0)
    taken, statuses = {"known": [], "unknown": []}, {}
    for number in range(5):
        attempt(connection, f"warming{number}", WRONG)
    for number in range(options.logins):
        if number % FROM_ONE == 0:
            connection = connected(1 + number // FROM_ONE)
        # In turns and in either order, so that what else the machine does falls on both.
        kinds = ["known", "unknown"]
        random.shuffle(kinds)
        for kind in kinds:
            milliseconds, status = attempt(connection, f"{kind}{number % accounts}", WRONG)
            statuses[(kind, status)] = statuses.get((kind, status), 0) + 1
            if status == 401:
                taken[kind].append(milliseconds)
    for (kind, status), count in sorted(statuses.items()):
        print(f"{kind}: {count} x {status}")
    if any(len(times) < options.logins * 0.9 for times in taken.values()):
        sys.exit("too few were compared: the limits on guessing answered instead of the comparison")
    print("\n| name | sign-ins | median ms | p10 ms | p90 ms |\n|---|---|---|---|---|")
    for kind, times in taken.items():
        tenths = statistics.quantiles(times, n=10)
        print(f"| {kind} | {len(times)} | {statistics.median(times):.2f} | {tenths[0]:.2f} | {tenths[-1]:.2f} |")
    known, unknown = (statistics.median(taken[kind]) for kind in ("known", "unknown"))
    print(f"\nratio of the medians, known to unknown: {known / unknown:.3f}")


main()
