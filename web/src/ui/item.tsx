import type { ReactNode } from "react";
import styles from "./item.module.css";

interface ItemProps {
  title: ReactNode;
  /** Words about its state, beside the title. */
  badges?: ReactNode;
  /** Each on its own; dots come between them. */
  facts: readonly ReactNode[];
  children?: ReactNode;
}

export function Items({ children, label }: { children: ReactNode; label: string }) {
  return (
    <ul className={styles.items} aria-label={label}>
      {children}
    </ul>
  );
}

/** One of a list in the settings: what it is, what is known of it, what can be done with it. */
export function Item({ title, badges, facts, children }: ItemProps) {
  return (
    <li className={styles.item}>
      <div className={styles.what}>
        <p className={styles.title}>
          <span>{title}</span>
          {badges}
        </p>
        <ul className={styles.facts}>
          {facts.map((fact, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: facts have no name and do not move
            <li key={at}>{fact}</li>
          ))}
        </ul>
      </div>
      {children && <div className={styles.actions}>{children}</div>}
    </li>
  );
}
