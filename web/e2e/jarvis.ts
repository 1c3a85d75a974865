import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const BIN = resolve(import.meta.dirname, process.env["JARVIS_BIN"] ?? "../../target/release/jarvis");
const READY_WITHIN_MS = 20_000;

/** The real server, on a port and in a folder of its own. */
export class Jarvis {
  readonly folder = mkdtempSync(join(tmpdir(), "jarvis-e2e-"));
  port = 0;
  /** The code of the set-up link, when there was one. */
  setupCode: string | null = null;
  #process: ChildProcess | null = null;
  #log: string[] = [];
  readonly #env: Record<string, string>;

  constructor(env: Record<string, string>) {
    this.#env = env;
  }

  async start(): Promise<void> {
    this.port ||= await freePort();
    const child = spawn(BIN, ["serve"], {
      cwd: this.folder,
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: this.folder,
        ENVIRONMENT: "development",
        DATA_DIR: this.folder,
        BIND: `127.0.0.1:${this.port}`,
        RATE_LIMIT_ENABLED: "false",
        REQUIRE_2FA: "none",
        ...this.#env,
      },
    });
    this.#process = child;
    const lines = [child.stdout, child.stderr].map((stream) => createInterface({ input: stream }));
    await new Promise<void>((ready, failed) => {
      const fail = (why: string) => failed(new Error(`${why}:\n${this.#log.join("\n")}`));
      const timer = setTimeout(() => fail("the server is not ready"), READY_WITHIN_MS);
      child.on("exit", () => fail("the server ended"));
      child.on("error", failed);
      for (const each of lines) {
        each.on("line", (line) => {
          this.#log.push(line);
          this.setupCode = /\/setup#code=([\w-]+)/.exec(line)?.[1] ?? this.setupCode;
          if (!line.includes("Jarvis is ready")) return;
          clearTimeout(timer);
          ready();
        });
      }
    });
  }

  /** Without a chance to tidy up. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}
