import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach, beforeAll, vi } from "vitest";
import { startTranslation } from "../i18n/i18n";

beforeAll(() => startTranslation());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

// jsdom draws nothing and scrolls nowhere.
window.scrollTo = () => undefined;
HTMLCanvasElement.prototype.getContext = () => null;
window.matchMedia ??= (query) =>
  ({
    matches: query.includes("width >=") || query.includes("pointer: fine"),
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }) as unknown as MediaQueryList;
window.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

// jsdom knows the element but not how to open it.
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.open = false;
};
