/** While a tab is hidden no frame comes; its text may arrive in larger steps. */
const HIDDEN_STEP_MS = 250;
/** Fold at once beyond this, rather than let a fast model fill memory. */
const MOST_IN_BATCH = 1000;

export interface Batch<T> {
  add(item: T): void;
  cancel(): void;
}

/** Collects items and hands them over once per animation frame. */
export function frameBatch<T>(flush: (items: T[]) => void): Batch<T> {
  let items: T[] = [];
  let stop: (() => void) | null = null;
  const run = () => {
    stop?.();
    stop = null;
    const ready = items;
    items = [];
    flush(ready);
  };
  const schedule = () => {
    if (document.hidden) {
      const timer = setTimeout(run, HIDDEN_STEP_MS);
      return () => clearTimeout(timer);
    }
    const frame = requestAnimationFrame(run);
    return () => cancelAnimationFrame(frame);
  };
  return {
    add(item) {
      items.push(item);
      if (items.length >= MOST_IN_BATCH) run();
      else stop ??= schedule();
    },
    cancel() {
      stop?.();
      stop = null;
      items = [];
    },
  };
}
