import type { ReactNode } from "react";
import styles from "./scrollable-table.module.css";

/** A table that scrolls by itself when the column is too narrow for it, with the keyboard too. */
export function ScrollableTable({ children }: { children: ReactNode }) {
  return (
    <div
      className={styles.scroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard
      tabIndex={0}
    >
      <table className={styles.table}>{children}</table>
    </div>
  );
}
