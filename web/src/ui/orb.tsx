import { classNames } from "./class-names";
import styles from "./orb.module.css";

export type OrbState = "idle" | "thinking" | "streaming" | "offline";

interface OrbProps {
  state?: OrbState;
  size?: "small" | "medium" | "large" | "huge";
  /** Stands for something past: it does not move. */
  still?: boolean;
}

/** The mark of Jarvis; how it moves and glows says what Jarvis does. Words beside it say the same. */
export function Orb({ state = "idle", size = "small", still = false }: OrbProps) {
  return (
    <span
      aria-hidden="true"
      data-state={state}
      data-still={still}
      className={classNames(styles.orb, styles[size])}
    >
      <span className={styles.halo} />
      <span className={styles.outer} />
      <span className={styles.arc} />
      <span className={styles.core} />
    </span>
  );
}
