import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { BreakableLine } from "./breakable-line.ts";
import { Jarvis } from "./jarvis.ts";
import { ModelServer } from "./model-server.ts";

const OUT = join(import.meta.dirname, "out");
export const PASSWORD = "violet-anchor-tundra-42";
const LAPTOP = { width: 1280, height: 800 };

/** A server, a model server, a line between page and server, and a browser. */
export class Stage {
  readonly model = new ModelServer();
  readonly line: BreakableLine;
  /** What must stay empty: broken policy, requests to other hosts, uncaught errors. */
  readonly faults: string[] = [];
  /** Origins that a page may be sent to beside ours. */
  readonly elsewhere: string[] = [];
  url = "";
  #jarvis: Jarvis | null = null;
  #browser: Browser | null = null;

  constructor() {
    this.line = new BreakableLine(() => this.jarvis.port);
  }

  get jarvis(): Jarvis {
    if (!this.#jarvis) throw new Error("open the stage first");
    return this.#jarvis;
  }

  /** The same server by its name: browsers keep passkeys for a name, not for an address of digits. */
  get named(): string {
    return this.url.replace("127.0.0.1", "localhost");
  }

  async open(env: (modelUrl: string) => Record<string, string> = ollama): Promise<this> {
    mkdirSync(OUT, { recursive: true });
    await this.model.start();
    this.url = await this.line.start();
    const origins = `${this.url},${this.named}`;
    this.#jarvis = new Jarvis({ CORS_ORIGINS: origins, ...env(this.model.url) });
    await this.jarvis.start();
    this.#browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox"],
    });
    return this;
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.line.stop();
    await this.#jarvis?.remove();
    await this.model.stop().catch(() => undefined);
  }

  /** A browser profile of its own, with one page. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    if (!this.#browser) throw new Error("open the stage first");
    const context = await this.#browser.newContext({ viewport: LAPTOP, locale: "en-GB", ...options });
    context.setDefaultTimeout(15_000);
    await context.exposeBinding("reportFault", (_, text: string) => void this.faults.push(text));
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const report = Reflect.get(globalThis, "reportFault") as (text: string) => void;
        report(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    context.on("page", (page) => this.#watch(page));
    return context.newPage();
  }

  async shot(page: Page, name: string): Promise<void> {
    await page.screenshot({ path: join(OUT, `${name}.png`) });
  }

  #watch(page: Page): void {
    page.on("pageerror", (error) => void this.faults.push(`error: ${error.message}`));
    page.on("request", (request) => {
      const { protocol, host } = new URL(request.url());
      // What another site's page loads is its own business; from ours nothing goes out.
      if (this.elsewhere.some((origin) => request.frame().url().startsWith(`${origin}/`))) return;
      const known = [this.url, this.named, ...this.elsewhere];
      if (protocol.startsWith("http") && !known.some((url) => new URL(url).host === host)) {
        this.faults.push(`remote: ${request.url()}`);
      }
    });
  }
}

export const ollama = (url: string): Record<string, string> => ({ OLLAMA_BASE_URL: url });

/** From the set-up link to the first page. */
export async function setUp(stage: Stage, page: Page, username = "owner"): Promise<void> {
  await page.goto(`${stage.url}/setup#code=${stage.jarvis.setupCode}`);
  await fillAccount(page, username);
  await page.getByRole("button", { name: /owner/ }).click();
  await composer(page).waitFor();
}

export async function fillAccount(page: Page, username: string): Promise<void> {
  await page.locator("input[name=username]").fill(username);
  await page.locator("input[name=email]").fill(`${username}@example.org`);
  await page.locator("input[name=password]").fill(PASSWORD);
}

export const composer = (page: Page) => page.locator("textarea");

export async function ask(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** The text of the last answer, as it is on the page. */
export const lastAnswer = (page: Page) =>
  page.locator("article").filter({ hasText: "word1 " }).last().locator("p").first();

/** The whole answer of the model server is on the page. */
export const whole = (page: Page) => page.locator("article").filter({ hasText: "word40" }).last().waitFor();

/** Nothing is being written: the next question may be asked. */
export const done = (page: Page) => page.getByRole("button", { name: /Send|Envoyer/ }).waitFor();

/** What axe finds wrong on the page, colours included. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const runner = Reflect.get(globalThis, "axe") as typeof import("axe-core");
    return (await runner.run()).violations.map(({ id, nodes }) => ({
      id,
      html: nodes.map((node) => node.html),
    }));
  });
  return found.map(({ id, html }) => `${id}: ${html.join(" | ")}`);
}
