import { describe, expect, it } from "vitest";
import { auditEvent } from "../../testing/samples";
import { MOST_KEPT, withNewer } from "./queries";

const page = (from: number, down: number, next: number | null = null) => ({
  items: Array.from({ length: from - down + 1 }, (_, at) => auditEvent({ seq: from - at })),
  latest: from,
  next,
});
const numbers = (pages: { items: { seq: number }[] }[]) =>
  pages.flatMap(({ items }) => items.map(({ seq }) => seq));

describe("newer events", () => {
  it("come first and once each, and move the cursor forward only", () => {
    const before = { pages: [page(5, 4, 4), page(3, 1)], pageParams: [null, 4] };
    const { pages } = withNewer(before, page(7, 5));
    expect(numbers(pages)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(pages[0]?.latest).toBe(7);
    expect(withNewer(before, { items: [], latest: 2, next: null }).pages[0]?.latest).toBe(5);
  });

  it("push out the oldest, which can be asked for again", () => {
    const before = { pages: [page(MOST_KEPT, 1)], pageParams: [null] };
    const { pages } = withNewer(before, page(MOST_KEPT + 3, MOST_KEPT + 1));
    expect(numbers(pages)).toHaveLength(MOST_KEPT);
    expect(pages.at(-1)?.next).toBe(4);
    expect(numbers(pages).at(-1)).toBe(4);
  });
});
