import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Markdown } from "./markdown";

const show = (text: string, growing = false) => render(<Markdown text={text} growing={growing} />).container;

describe("hostile markdown", () => {
  it.each([
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<iframe src='https://evil.example'></iframe>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "<style>body{display:none}</style>",
    "<svg onload=alert(1)>",
    "<form action=https://evil.example><input name=q></form>",
    '```"><img src=x onerror=alert(1)>\ncode\n```',
  ])("makes nothing active of %s", (text) => {
    const root = show(text);
    const active = "script, img, iframe, svg[onload], form, style, object, embed, link, [onerror], [onload]";
    expect(root.querySelector(active)).toBeNull();
    for (const link of root.querySelectorAll("a")) expect(link.protocol).toMatch(/^(https?|mailto):$/);
  });

  it("never fetches an image, and says where it would have come from", () => {
    const root = show("![a cat](https://evil.example/cat.png?secret=1)");
    expect(root.querySelector("img")).toBeNull();
    expect(screen.getByRole("link", { name: /a cat.*evil\.example/ })).toHaveAttribute(
      "rel",
      "noopener noreferrer",
    );
  });

  it("shows the host where the words do not, or lie", () => {
    show("[my bank](https://evil.example/x) and [https://bank.example](https://evil.example)");
    const names = screen.getAllByRole("link").map((link) => link.textContent);
    expect(names).toEqual(["my bank (evil.example)", "https://bank.example (evil.example)"]);
  });

  it("does not repeat the host of a bare address", () => {
    show("https://example.org/page");
    expect(screen.getByRole("link")).toHaveTextContent(/^https:\/\/example\.org\/page$/);
  });

  it("makes characters that reorder text visible, in code too", () => {
    const root = show("a\u202Eb\n\n```js\nif (x\u2066) {}\n```");
    expect(root.textContent).toContain("⟦U+202E⟧");
    expect(root.textContent).toContain("⟦U+2066⟧");
  });

  it("shows HTML as the text it is", () => {
    expect(show("what does <script> do?\n\n<div>\nhi\n</div>").textContent).toBe(
      "what does <script> do?<div>\nhi\n</div>",
    );
  });

  it("lets no message name a part of the page", () => {
    expect(show("# root\n\nnote[^1]\n\n[^1]: text").querySelector("[id]")).toBeNull();
  });
});

describe("markdown that is still arriving", () => {
  it("closes what is open", () => {
    expect(show("some **bo", true).querySelector("strong")).toHaveTextContent("bo");
    expect(show("```js\nlet x", true).querySelector("pre")).toHaveTextContent("let x");
  });

  it("shows a link only when its address is whole", () => {
    expect(show("see [this](https://exa", true).querySelector("a")).toBeNull();
  });

  it("keeps finished blocks as they are when more arrives", () => {
    const { container, rerender } = render(<Markdown text={"first\n\nsec"} growing />);
    const first = container.querySelector("p");
    rerender(<Markdown text={"first\n\nsecond\n\nthird"} growing />);
    expect(container.querySelector("p")).toBe(first);
    expect(container.querySelectorAll("p")).toHaveLength(3);
  });
});

it("code is coloured without changing a character", async () => {
  const code = 'fn main() {\n    println!("hi"); // ok\n}';
  const root = show(`\`\`\`rust\n${code}\n\`\`\``);
  await expect
    .poll(() => root.querySelectorAll("pre span[style]").length, { timeout: 5000 })
    .toBeGreaterThan(3);
  expect(root.querySelector("pre")?.textContent).toBe(code);
});
