import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ANSWER } from "./model-server.ts";
import { ask, done, fillAccount, lastAnswer, ollama, Stage, setUp, violations, whole } from "./stage.ts";

const stage = new Stage();
let page: Page;

beforeAll(async () => {
  await stage.open();
  page = await stage.page();
});
afterAll(() => stage.close());
afterEach(() => {
  stage.model.release();
  expect(stage.faults.splice(0)).toEqual([]);
});

const half = (where: Page) => where.getByText("word20 ").first().waitFor();
const bubbles = (where: Page, text: string) => where.locator("article").filter({ hasText: text }).count();

async function another(text: string): Promise<void> {
  await page.goto(stage.url);
  stage.model.pauseAfter(20);
  await ask(page, text);
  await half(page);
}

describe("with Ollama", () => {
  it("the set-up link leads to an account, a question and a streamed answer", async () => {
    await page.goto(`${stage.url}/setup#code=${stage.jarvis.setupCode}`);
    await fillAccount(page, "owner");
    await stage.shot(page, "setup");
    expect(await violations(page)).toEqual([]);
    expect(page.url()).not.toContain("code=");
    await page.getByRole("button", { name: /owner/ }).click();
    await page.getByText("What shall we work on?").waitFor();
    await stage.shot(page, "welcome");
    expect(await violations(page)).toEqual([]);
    stage.model.pauseAfter(20);
    await ask(page, "First question");
    await half(page);
    await stage.shot(page, "streaming");
    expect(await violations(page)).toEqual([]);
    stage.model.release();
    await done(page);
    expect(await lastAnswer(page).textContent()).toBe(ANSWER);
    expect(stage.model.questions.at(-1)).toContain("First question");
    await stage.shot(page, "answered");
    expect(await violations(page)).toEqual([]);
  });

  it("a page that is loaded again in mid-answer shows the rest as it comes", async () => {
    await another("Reload me");
    await page.reload();
    await half(page);
    stage.model.release();
    await done(page);
    expect(await lastAnswer(page).textContent()).toBe(ANSWER);
    expect(await bubbles(page, "Reload me")).toBe(1);
  });

  it("a second tab shows the same answer grow", async () => {
    await another("Two tabs");
    const second = await page.context().newPage();
    await second.goto(page.url());
    await half(second);
    expect(await second.getByText("word21 ").count()).toBe(0);
    stage.model.release();
    await done(second);
    expect(await lastAnswer(second).textContent()).toBe(ANSWER);
    await ask(second, "From the second tab");
    await page.getByText("From the second tab").waitFor();
    await done(page);
    await second.close();
  });

  it("five seconds without a network lose nothing and double nothing", async () => {
    await another("Through the tunnel");
    stage.line.cut();
    await page.getByText(/Reconnecting|Offline/).waitFor();
    await stage.shot(page, "reconnecting");
    stage.model.release();
    await new Promise((later) => setTimeout(later, 5000));
    stage.line.mend();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 40_000 });
    await done(page);
    expect(await lastAnswer(page).textContent()).toBe(ANSWER);
    stage.line.cut();
    await page.getByText(/Reconnecting|Offline/).waitFor();
    await ask(page, "Written while away");
    await page.getByText("Waiting for the connection…").waitFor();
    stage.line.mend();
    await page.getByText("Waiting for the connection…").waitFor({ state: "detached", timeout: 40_000 });
    await done(page);
    await page.reload();
    await page.locator("article").filter({ hasText: "Written while away" }).first().waitFor();
    await done(page);
    expect(await bubbles(page, "Written while away")).toBe(1);
    expect(stage.model.questions.filter((text) => text.includes("Written while away"))).toHaveLength(1);
  });

  it("a server that is killed in mid-answer keeps what was written and can be asked again", async () => {
    await another("Kill me");
    // The text is saved about once a second.
    await new Promise((later) => setTimeout(later, 1500));
    await stage.jarvis.kill();
    stage.model.release();
    await stage.jarvis.start();
    await page.getByText(/cut short/).waitFor({ timeout: 45_000 });
    await stage.shot(page, "interrupted");
    expect(await lastAnswer(page).textContent()).toContain("word1 ");
    await page.getByRole("button", { name: "Try again" }).click();
    await whole(page);
    await done(page);
    expect(await bubbles(page, "word40")).toBe(1);
  });

  it("stop stops, and the answer can be asked for again", async () => {
    await another("Stop here");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("You stopped this answer.").waitFor();
    await stage.shot(page, "stopped");
    expect(await page.getByText("word21 ").count()).toBe(0);
    stage.model.release();
    await page.getByRole("button", { name: "Try again" }).click();
    await whole(page);
  });

  it("an answer that the model breaks off says so", async () => {
    await another("Break off");
    stage.model.cut();
    await page.getByRole("alert").waitFor();
    await stage.shot(page, "failed");
    expect(await violations(page)).toEqual([]);
  });

  it("a reader who scrolled up is left there, and can jump to the end", async () => {
    const log = page.getByRole("log", { name: "Messages" });
    await page.setViewportSize({ width: 1280, height: 320 });
    await another("Scroll");
    await log.evaluate((box) => box.scrollTo({ top: 0 }));
    await page.getByRole("button", { name: "Jump to latest" }).waitFor();
    stage.model.release();
    await done(page);
    expect(await log.evaluate((box) => box.scrollTop)).toBe(0);
    await page.getByRole("button", { name: "Jump to latest" }).click();
    expect(await log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)).toBeLessThan(2);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("a conversation can be renamed and deleted", async () => {
    await another("To be renamed");
    stage.model.release();
    await done(page);
    await page
      .getByRole("button", { name: /^Rename/ })
      .first()
      .click();
    await page.getByLabel("Title of the conversation").fill("A better name");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "A better name" }).waitFor();
    await page.getByRole("button", { name: "Delete “A better name”" }).click();
    await stage.shot(page, "delete");
    expect(await violations(page)).toEqual([]);
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("What shall we work on?").waitFor();
    expect(await page.getByRole("link", { name: "A better name" }).count()).toBe(0);
  });
});

it("with an OpenAI-compatible server the same page answers", async () => {
  const other = await new Stage().open((url) => ({
    ...ollama("http://127.0.0.1:9"),
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: "for-the-test-alone",
  }));
  try {
    const first = await other.page();
    await setUp(other, first);
    await ask(first, "Hello");
    await whole(first);
    await done(first);
    expect(await lastAnswer(first).textContent()).toBe(ANSWER);
    expect(other.faults).toEqual([]);
  } finally {
    await other.close();
  }
});

it("without a model server the page helps, and goes on by itself when one appears", async () => {
  const other = await new Stage().open();
  try {
    await other.model.stop();
    const first = await other.page();
    await setUp(other, first);
    await first.getByText("No model answers yet").waitFor({ timeout: 30_000 });
    await first.getByText(other.model.url).first().waitFor();
    await other.shot(first, "no-model");
    expect(await violations(first)).toEqual([]);
    await other.model.start();
    await first.getByText("What shall we work on?").waitFor({ timeout: 30_000 });
    await ask(first, "Are you there?");
    await whole(first);
    expect(other.faults).toEqual([]);
  } finally {
    await other.close();
  }
});
