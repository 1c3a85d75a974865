#!/usr/bin/env python3
"""Measures the release binary beside a bare pass-through, in the same run on the same machine, and prints medians and ratios.

Needs the three programs of the load kit in the folder that BENCH_KIT names: `mockllm` (a fast model server), `floorproxy` (an axum
pass-through that parses and writes each event again: the floor) and `chatload` (the driver). Everything stays on loopback.
The servers run on CPU 1, the model server and the driver on CPU 0. Quote ratios of one run, not milliseconds of another machine.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
KIT = pathlib.Path(os.environ.get("BENCH_KIT", ""))
MODEL, SSE, WS, OURS = 19001, 19003, 19004, 19080
PASSWORD = "amber lantern orchard 42"
# Arrivals evenly spaced, 60 a second, 32 tokens at 30 a second: about 64 streams open at a time.
PACED = ["-c", "160", "--rate", "60", "--duration", "7", "--warmup", "1", "--timeout", "30"]
ALONE = ["-c", "1", "--duration", "3"]


def http(url, body=None, headers={}):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read()


def start(cpu, command, health, environment={}):
    began = time.monotonic()
    process = subprocess.Popen(["taskset", "-c", str(cpu), *map(str, command)], env={**os.environ, **environment},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while time.monotonic() - began < 20:
        try:
            http(health)
            return process, time.monotonic() - began
        except OSError:
            if process.poll() is not None:
                sys.exit(f"{command[0]} ended with {process.returncode}")
            time.sleep(0.002)
    sys.exit(f"{command[0]} does not answer at {health}")


def memory(process, key="VmRSS"):
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024


def drive(mode, url, process, model, flags, more=[]):
    command = ["taskset", "-c", "0", KIT / "chatload", mode, "--url", url, "--pid", process.pid, "--aux", model.pid, "--json", *flags, *more]
    return json.loads(subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--reps", type=int, default=5)
    arguments.add_argument("--jarvis", default=ROOT / "target/release/jarvis")
    options = arguments.parse_args()
    if not (KIT / "chatload").exists():
        sys.exit("set BENCH_KIT to the folder with mockllm, floorproxy and chatload")
    data = tempfile.TemporaryDirectory()
    settings = {"BIND": f"127.0.0.1:{OURS}", "DATA_DIR": data.name, "OLLAMA_BASE_URL": f"http://127.0.0.1:{MODEL}", "LOG_LEVEL": "warn",
                "RATE_LIMIT_ENABLED": "false"}
    add = [options.jarvis, "user", "add", "--username", "bench", "--email", "bench@example.org", "--password-stdin"]
    subprocess.run(add, input=PASSWORD, text=True, env={**os.environ, **settings}, check=True, stdout=subprocess.DEVNULL)

    running, starts = [], []
    try:
        model, _ = start(0, [KIT / "mockllm", "--port", MODEL], f"http://127.0.0.1:{MODEL}/api/version")
        running.append(model)
        floors = {}
        for name, port in (("floor-sse", SSE), ("floor-ws", WS)):
            floors[name], _ = start(1, [KIT / "floorproxy", port, f"127.0.0.1:{MODEL}", 1], f"http://127.0.0.1:{port}/health")
            running.append(floors[name])
        for last in (False, False, False, False, True):
            ours, took = start(1, [options.jarvis, "serve"], f"http://127.0.0.1:{OURS}/health/live", settings)
            starts.append(took)
            if not last:
                ours.terminate()
                ours.wait()
        running.append(ours)
        time.sleep(3)
        print(f"start to healthy: {statistics.median(starts):.3f} s (median of {len(starts)}); idle memory: {memory(ours):.1f} MiB")

        token = json.loads(http(f"http://127.0.0.1:{OURS}/auth/login", {"username": "bench", "password": PASSWORD}))["access_token"]
        bearer = ["--bearer", token]
        sse = [*bearer, "--body", '{"message":"What is the weather like? {{i}}"}', "--header", "Accept: text/event-stream",
               "--done", '"message.finished"']
        ws = [*bearer, "--send", '{"type":"message","message":"What is the weather like? {{i}}"}', "--first", '"message.delta"',
              "--token", '"message.delta"', "--until", '"message.finished"']
        floor_ws = ["--first", '"delta"', "--token", '"delta"', "--until", '"done"']
        chat = "/v1/chat/completions"
        targets = {
            "direct": ("sse", f"http://127.0.0.1:{MODEL}{chat}", model, []),
            "floor-sse": ("sse", f"http://127.0.0.1:{SSE}/sse", floors["floor-sse"], []),
            "jarvis-sse": ("sse", f"http://127.0.0.1:{OURS}/chat", ours, sse),
            "floor-ws": ("ws", f"ws://127.0.0.1:{WS}/chat/ws", floors["floor-ws"], floor_ws),
            "jarvis-ws": ("ws", f"ws://127.0.0.1:{OURS}/ws", ours, ws),
        }
        cells = {
            "64 paced": ({"tokens": 32, "tps": 30, "stamp": True}, PACED),
            "1 client": ({"tokens": 8, "tps": 0, "stamp": False}, ALONE),
        }
        for cell, (reply, flags) in cells.items():
            http(f"http://127.0.0.1:{MODEL}/__config", reply)
            runs = {name: [] for name in targets}
            for _ in range(options.reps):
                for name, (mode, url, process, more) in targets.items():
                    # The driver's WebSocket mode has no open loop with a think time: it is measured with one client only.
                    if mode == "ws" and cell != "1 client":
                        continue
                    runs[name].append(drive(mode, url, process, model, flags, more))
            report(cell, {name: found for name, found in runs.items() if found})
        print(f"memory after all that: {memory(ours):.1f} MiB, at most {memory(ours, 'VmHWM'):.1f} MiB")
    finally:
        for process in running:
            process.kill()
        data.cleanup()


def report(cell, runs):
    def middle(found, *keys):
        values = []
        for run in found:
            for key in keys:
                run = (run or {}).get(key)
            if run is not None:
                values.append(run)
        return statistics.median(values) if values else float("nan")

    direct = middle(runs["direct"], "first_ms", "p50")
    added = {name: middle(found, "first_ms", "p50") - direct for name, found in runs.items()}
    print(f"\n### {cell}\n\n| target | ok / errors | first token p50 ms | p99 ms | added p50 ms | of the floor's | CPU s per 1,000 tokens | of the floor's | other load, cores |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, found in runs.items():
        floor = runs.get(name.replace("jarvis", "floor"), [])
        cpu, floor_cpu = middle(found, "cpu_s_per_1k_tokens"), middle(floor, "cpu_s_per_1k_tokens")
        ratio = added[name] / added[name.replace("jarvis", "floor")] if name.startswith("jarvis") else float("nan")
        cells = [f"{sum(r['ok'] for r in found)} / {sum(r['errors'] for r in found)}", f"{middle(found, 'first_ms', 'p50'):.2f}",
                 f"{middle(found, 'first_ms', 'p99'):.2f}", f"{added[name]:.2f}", f"{ratio:.2f}x", f"{cpu:.4f}", f"{cpu / floor_cpu:.2f}x",
                 f"{middle(found, 'foreign_cores'):.2f}"]
        print(f"| {name} | " + " | ".join(cell.replace("nanx", "-").replace("nan", "-") for cell in cells) + " |")


main()
