import type { ReactNode } from "react";
import styles from "./badge.module.css";

type Tone = "plain" | "good" | "warn" | "bad" | "special";

/** A word about the state of something. */
export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  );
}
